import ArgumentParser
import Glibc
import JQ
import Primitives

/// Tries an expression at the terminal, as it is evaluated in a workflow.
struct JQCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jq", abstract: "Evaluate a jq program on JSON from files or standard input.",
        usage: "millwright jq [-c] [-n] [-r] [-s] [-e] [--arg NAME TEXT] [--argjson NAME JSON] PROGRAM [FILE...]",
        discussion: """
            The language is that of workflows: jq 1.8 without what reaches outside (modules, input, the environment). \
            -c writes each result on one line, -n takes null as the only input and reads nothing, -r writes strings \
            without quotes, -s takes all inputs as one array, -e says in the exit code what the last result was. A FILE \
            that is - is standard input. Exit codes are jq's: 2 for flags and files that cannot be read, 3 for a program \
            that is none, 5 when the last input is no JSON or its evaluation ended in an error; with -e also 1 when the \
            last result was null or false, and 4 when there was none.
            """)

    @Argument(parsing: .captureForPassthrough, help: .hidden)
    var words: [String] = []

    func run() throws {
        let given = try arguments()
        if given.isHelpWanted { throw CleanExit.helpRequest(self) }
        let source = try program(given)
        do throws(JQCompileError) {
            var session = try JQSession(given, program: source)
            Glibc.exit(session.run().rawValue)
        } catch {
            for diagnostic in error.diagnostics { Terminal.writeError("jq: error: \(diagnostic)\n") }
            Terminal.writeError(
                "jq: \(error.diagnostics.count) compile error\(error.diagnostics.count == 1 ? "" : "s")\n")
            Glibc.exit(JQSession.Exit.noProgram.rawValue)
        }
    }

    private func arguments() throws -> JQArguments {
        do throws(Problem) {
            return try JQArguments(words)
        } catch {
            Terminal.writeError("jq: \(error.detail)\nUse millwright jq --help for what it takes.\n")
            throw ExitCode(JQSession.Exit.unreadable.rawValue)
        }
    }

    /// Between other programs jq without a program passes its input on; at a terminal that is a mistake.
    private func program(_ given: JQArguments) throws -> String {
        if let program = given.program { return program }
        if isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0 { return "." }
        Terminal.writeError("jq: A program is missing. Use millwright jq --help for what it takes.\n")
        throw ExitCode(JQSession.Exit.unreadable.rawValue)
    }
}
