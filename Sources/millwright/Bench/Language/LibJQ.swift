import CLibJQ
import Glibc
import Primitives

/// The C library that jq is made of, opened while the bench runs. Nothing else of the product needs it.
struct LibJQ {
    private let makeState: libjq_make
    private let compileProgram: libjq_compile
    private let start: libjq_start
    private let next: libjq_next
    private let teardown: libjq_teardown
    private let parse: libjq_parse_sized
    private let dump: libjq_dump_string
    private let text: libjq_string_value
    private let kind: libjq_get_kind
    private let free: libjq_free

    /// - Throws: `unavailable` when the library is not on this machine.
    init() throws(Problem) {
        guard let library = dlopen("libjq.so.1", RTLD_NOW | RTLD_LOCAL) else {
            throw Problem(
                .unavailable,
                "libjq.so.1 is not on this machine: install libjq1 (apt-get install libjq1) and try again.")
        }
        makeState = try Self.function("jq_init", of: library)
        compileProgram = try Self.function("jq_compile", of: library)
        start = try Self.function("jq_start", of: library)
        next = try Self.function("jq_next", of: library)
        teardown = try Self.function("jq_teardown", of: library)
        parse = try Self.function("jv_parse_sized", of: library)
        dump = try Self.function("jv_dump_string", of: library)
        text = try Self.function("jv_string_value", of: library)
        kind = try Self.function("jv_get_kind", of: library)
        free = try Self.function("jv_free", of: library)
    }

    private static func function<Function>(
        _ name: String, of library: UnsafeMutableRawPointer
    ) throws(Problem) -> Function {
        guard let address = dlsym(library, name) else {
            throw Problem(.unavailable, "libjq.so.1 has no function \(name): another version than 1.5 to 1.8?")
        }
        return unsafeBitCast(address, to: Function.self)
    }

    /// A compiled program. It is not released: the bench makes one for each of its programs.
    struct Program {
        fileprivate let state: UnsafeMutableRawPointer
    }

    /// - Throws: `invalidRequest` for a program that libjq refuses.
    func compile(_ source: String) throws(Problem) -> Program {
        guard let state = makeState() else { throw Problem(.unavailable, "libjq could not start.") }
        guard compileProgram(state, source) != 0 else {
            release(Program(state: state))
            throw Problem(.invalidRequest, "libjq does not compile \(source)")
        }
        return Program(state: state)
    }

    func release(_ program: Program) {
        var state: UnsafeMutableRawPointer? = program.state
        teardown(&state)
    }

    /// Reads the text, evaluates, and writes every result. The body sees each result's text.
    func run(_ program: Program, on input: [UInt8], _ body: (UnsafePointer<CChar>) -> Void) {
        let value = input.withUnsafeBytes { bytes in
            parse(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
        }
        start(program.state, value, 0)
        while true {
            let result = next(program.state)
            if kind(result) == 0 { return free(result) }  // none left, or an error
            let written = dump(result, 0)
            if let characters = text(written) { body(characters) }
            free(written)
        }
    }
}
