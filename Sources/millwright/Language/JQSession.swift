import Glibc
import JQ
import JSON
import Primitives

/// One call of `millwright jq`: reads the inputs, writes the results, and ends with jq's exit codes.
struct JQSession {
    /// At the terminal the program is the user's own: only what would freeze the machine is stopped.
    private static let budget = JQBudget(
        steps: 50_000_000_000, depth: 10_000, outputs: .max, outputBytes: .max, memoryBytes: 8 << 30,
        now: Double(Timestamp.now().unixMicroseconds) / 1e6)
    private static let limits = JSONLimits(
        maximumBytes: 4 << 30, maximumDepth: JSONLimits.deepestNesting, maximumKeys: 500_000_000)

    /// How the evaluation of an input ended; that of the last one is how the program ends, as in jq.
    enum Exit: Int32 {
        case done = 0
        /// With `-e`: the last result was null or false.
        case negative = 1
        case unreadable = 2
        case noProgram = 3
        /// With `-e`: there was no result.
        case nothing = 4
        case failed = 5
    }

    private let arguments: JQArguments
    private let program: JQProgram
    private let values: [JSONValue]
    private var output = JQOutput()
    private var exit = Exit.nothing
    /// What the last result of any input was; nil while there was none.
    private var lastResult: Exit?
    private var isInputMissing = false

    /// - Throws: `JQCompileError`.
    init(_ arguments: JQArguments, program source: String) throws(JQCompileError) {
        self.arguments = arguments
        let named = arguments.variables
        program = try JQProgram(source, variables: named.map(\.key) + ["ARGS"])
        values = named.map(\.value) + [["positional": [], "named": .object(named)]]
    }

    mutating func run() -> Exit {
        if arguments.isNullInput {
            evaluate(.null, place: "<unknown>")
        } else {
            readAll()
        }
        output.flush()
        if isInputMissing { return .unreadable }
        let answer = exit == .nothing ? lastResult ?? .nothing : exit
        return arguments.isExitStatus || ![.negative, .nothing].contains(answer) ? answer : .done
    }

    private mutating func readAll() {
        var all: [JSONValue] = []
        for file in arguments.files.isEmpty ? ["-"] : arguments.files {
            let name = file == "-" ? "<stdin>" : file
            guard let bytes = Self.read(file == "-" ? "/dev/stdin" : file) else {
                complain("error: Could not open \(file): \(String(cString: strerror(errno)))")
                isInputMissing = true
                continue
            }
            do throws(JSONParseError) {
                var sequence = try JSONSequence(bytes, limits: Self.limits)
                var lines = LineCount(bytes)
                while let input = try sequence.next() {
                    if arguments.isSlurping {
                        all.append(input)
                    } else {
                        evaluate(input, place: "\(name):\(lines.read(upTo: sequence.offset))")
                    }
                }
            } catch {
                complain("parse error: \(error.reason) (\(name), line \(error.line), column \(error.column))")
                exit = .failed
                return
            }
        }
        if arguments.isSlurping { evaluate(.array(all), place: "<unknown>") }
    }

    private mutating func evaluate(_ input: JSONValue, place: String) {
        exit = .nothing
        do {
            try program.forEach(input, variables: values, budget: Self.budget) { result in
                write(result)
                exit = result == .null || result == false ? .negative : .done
                lastResult = exit
                return true
            }
        } catch JQError.raised(let value) where value.stringValue == nil {
            complain("error (at \(place)) (not a string): \(String(decoding: JQText.bytes(value), as: UTF8.self))")
            exit = .failed
        } catch {
            complain("error (at \(place)): \(error)")
            exit = .failed
        }
    }

    private mutating func write(_ result: JSONValue) {
        if arguments.isRaw, case .string(let text) = result { return output.writeLine(text.utf8) }
        output.writeLine(JQText.bytes(result, arguments.isCompact ? .compact : .pretty))
    }

    private mutating func complain(_ text: String) {
        output.flush()
        Terminal.writeError("jq: \(text)\n")
    }

    private static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        guard ferror(file) == 0 else { return nil }
        // A byte order mark, as Windows' editors put it in front.
        return bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    }
}
