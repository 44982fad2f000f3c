import JSON
import Primitives

/// What goes into the sandbox through standard input, and the first program in it, which takes it apart.
///
/// Nothing of a job stands in a command line or in a file of this machine: either could be read by others. The input
/// is the settings (a piece of shell), the variables, the code, and then what the process itself is to read.
struct ProcessInput {
    /// Written to standard error when the process is about to start. What stands before it is the sandbox's own.
    static let startMark = "\u{1E}millwright process\u{1E}"
    private static let settingsFile = "/tmp/.settings"

    let bytes: [UInt8]
    /// The program of the first shell.
    let program: String

    init(_ job: ProcessJob, _ interpreter: ProcessInterpreter) {
        let settings = Self.settings(job)
        let variables = job.globals.isEmpty ? [] : JSONValue.object(job.globals).serializedBytes()
        let code = Array(job.code.utf8)
        bytes = settings + variables + code + Array(job.input.utf8)
        // `head` reads no byte too many from a pipe.
        var steps = ["head -c \(settings.count) >\(Self.settingsFile)"]
        if !variables.isEmpty { steps.append("head -c \(variables.count) >\(ProcessInterpreter.variablesFile)") }
        steps += [
            "head -c \(code.count) >\(interpreter.file)", "unset PWD OLDPWD", ". \(Self.settingsFile)",
            "/usr/bin/rm \(Self.settingsFile)", "printf %s \(Self.quoted(Self.startMark)) >&2",
        ]
        let command = interpreter.command(job.language, hasVariables: !variables.isEmpty)
        steps.append("exec " + command.map(Self.quoted).joined(separator: " ") + " \"$@\"")
        program = steps.joined(separator: " && ")
    }

    private static func settings(_ job: ProcessJob) -> [UInt8] {
        var lines = job.environment.map { "export \($0.name)=\(quoted($0.value))" }
        lines.append("set --" + job.words.map { " " + quoted($0) }.joined())
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    /// As one word of a shell, whatever is in it. By bytes: a quote may be the start of a longer character.
    static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "'")]
        for byte in text.utf8 {
            if byte == UInt8(ascii: "'") { bytes += Array("'\\''".utf8) } else { bytes.append(byte) }
        }
        return String(decoding: bytes + [UInt8(ascii: "'")], as: UTF8.self)
    }
}
