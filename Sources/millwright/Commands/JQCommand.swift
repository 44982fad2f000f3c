import ArgumentParser
import Glibc
import JQ
import Primitives

/// Tries an expression at the terminal, as it is evaluated in a workflow.
struct JQCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jq", abstract: "Evaluate a jq program on JSON from files or standard input.",
        usage: "millwright jq [-c] [-n] [-r] [-s] [--arg NAME TEXT] [--argjson NAME JSON] PROGRAM [FILE...]",
        discussion: """
            The language is that of workflows: jq 1.8 without what reaches outside (modules, input, the environment). \
            -c writes each result on one line, -n takes null as the only input and reads nothing, -r writes strings \
            without quotes, -s takes all inputs as one array. Exit codes are jq's: 2 for what cannot be read, 3 for a \
            program that is none, 5 when an evaluation ended in an error.
            """)

    @Argument(parsing: .captureForPassthrough, help: .hidden)
    var arguments: [String] = []

    func run() throws {
        let given = try JQArguments(arguments)
        if given.isHelpWanted { throw CleanExit.helpRequest(self) }
        guard let source = given.program else { throw CleanExit.helpRequest(self) }
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
}
