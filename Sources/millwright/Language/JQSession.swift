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

    enum Exit: Int32 {
        case done = 0
        case unreadable = 2
        case noProgram = 3
        case failed = 5
    }

    private let arguments: JQArguments
    private let program: JQProgram
    private let values: [JSONValue]
    private var exit = Exit.done

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
            return exit
        }
        var all: [JSONValue] = []
        for file in arguments.files.isEmpty ? ["/dev/stdin"] : arguments.files {
            let place = arguments.files.isEmpty ? "<stdin>" : file
            guard let bytes = Self.read(file) else {
                complain("error: Could not open \(file): \(String(cString: strerror(errno)))", .unreadable)
                continue
            }
            do {
                var sequence = try JSONSequence(bytes, limits: Self.limits)
                while let input = try sequence.next() {
                    if arguments.isSlurping { all.append(input) } else { evaluate(input, place: place) }
                }
            } catch {
                complain("error (at \(place):\(error.line)): \(error.reason)", .unreadable)
                return exit
            }
        }
        if arguments.isSlurping { evaluate(.array(all), place: "<stdin>") }
        return exit
    }

    private mutating func evaluate(_ input: JSONValue, place: String) {
        do {
            try program.forEach(input, variables: values, budget: Self.budget) { result in
                write(result)
                return true
            }
        } catch {
            complain("error (at \(place)): \(error)", .failed)
        }
    }

    private func write(_ result: JSONValue) {
        if arguments.isRaw, case .string(let text) = result { return Terminal.writeLine(text) }
        Terminal.writeLine(result.serialized(arguments.isCompact ? .compact : .pretty))
    }

    private mutating func complain(_ text: String, _ reason: Exit) {
        Terminal.writeError("jq: \(text)\n")
        exit = reason
    }

    private static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return ferror(file) == 0 ? bytes : nil
    }
}
