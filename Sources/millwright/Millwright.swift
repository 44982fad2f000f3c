import ArgumentParser
import Glibc
import Primitives

/// The control plane and the operator's tool.
@main
struct Millwright: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "millwright",
        abstract: "A white-label automation platform for manufacturing.",
        discussion: "Start with 'millwright demo'. Every command explains itself with --help.",
        version: Version.text,
        subcommands: [
            DemoCommand.self, ServeCommand.self, MigrateCommand.self, ApplyCommand.self, WorkflowCommand.self,
            TemplateCommand.self,
            ReplayCommand.self, RunsCommand.self, ConnectionsCommand.self, InvoiceCommand.self, VaultCommand.self,
            KeyCommand.self, AuditCommand.self, RetentionCommand.self, DoctorCommand.self, BenchCommand.self,
            CheckCommand.self,
            JQCommand.self, StandInCommand.self,
        ])

    /// Problems are for people: what is wrong, where, and what to do, without a stack of types round it.
    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let problem as Problem {
            Terminal.writeError("\(problem)\n")
            Glibc.exit(problem.code == .invalidParameters || problem.code == .invalidRequest ? 2 : 1)
        } catch {
            exit(withError: error)
        }
    }
}

enum Version {
    static let text = "0.1.0"
}
