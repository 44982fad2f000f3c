import ArgumentParser
import Glibc
import Primitives
import Workflow

/// Definitions on a laptop: no server and no database.
struct WorkflowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workflow", abstract: "Check and run workflow definitions, without a server.",
        subcommands: [Validate.self, Run.self])

    struct Validate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Name every mistake of definitions, with file, line and column.",
            discussion: """
                Nothing is fetched: files that a definition refers to are read where they lie beside it. Workflows that \
                start each other in a circle are found among the given files. Exit codes: 0 when no file has an error, \
                2 otherwise.
                """)
        @Argument(help: "Open Workflow documents, YAML or JSON.") var files: [String]

        func run() async throws {
            var read: [DefinitionFile] = []
            for file in files { read.append(await DefinitionFile.read(file, resources: NeighbouringFiles())) }
            var hasErrors = false
            let circles = ChildWorkflowCycles.find(in: read.compactMap(\.definition).map { .init($0) })
            for file in read {
                var findings = file.findings
                let name = file.definition.map { ChildWorkflowCycles.Workflow($0).qualifiedName }
                for circle in circles where name.map(circle.contains) ?? false {
                    findings.append("\(file.name):\(file.childLine): error: \(CircleText.text(circle))")
                    hasErrors = true
                }
                for finding in findings { Terminal.writeLine(finding) }
                if findings.isEmpty { Terminal.writeLine("\(file.name): valid") }
                hasErrors = hasErrors || file.hasErrors
            }
            if hasErrors { throw ExitCode(2) }
        }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run one definition and print its output.",
            discussion: """
                Time is virtual unless --clock real is given: waits and timeouts cost nothing. HTTP calls are really \
                made, unless --stub answers them from a file. Exit codes: 0 with the output on standard output, 1 with \
                the error document on standard error, 2 with the diagnostics of what cannot be run.
                """)
        @Argument(help: "An Open Workflow document, YAML or JSON.") var file: String
        @OptionGroup var options: LaptopOptions

        func run() async throws {
            do {
                Glibc.exit(try await LaptopSession(file, options).run())
            } catch let problem as Problem {
                Terminal.writeError("\(problem.detail)\n")
                Glibc.exit(LaptopSession.unusable)
            }
        }
    }
}

struct LaptopOptions: ParsableArguments {
    @Option(help: "The run's input, JSON or YAML; - for standard input. Default: {}.") var input: String?
    @Option(
        parsing: .upToNextOption,
        help: "Events, one or a list a file: they start the run when its schedule says so, and feed its listeners.")
    var event: [String] = []
    @Option(help: "The secrets of use.secrets, an object by name.") var secrets: String?
    @Option(help: "The plant's parameters, $context.parameters.") var parameters: String?
    @Option(help: "Answers to calls, human tasks and events. See Docs/LANGUAGE.md.") var stub: String?
    @Option(parsing: .upToNextOption, help: "Definitions of workflows that this one starts.") var also: [String] = []
    @Option(help: "virtual or real.") var clock: DefinitionRun.Clock = .virtual
    @Option(help: "When the run starts in virtual time, 2026-01-31T08:00:00Z. Default: now.") var at: String?
    @Flag(help: "Print the journal on standard error, one entry a line.") var trace = false
    @Flag(help: "Print the lifecycle events on standard error, one a line.") var lifecycle = false
    @Option(
        parsing: .upToNextOption, help: "HOST:PORT:TO-HOST:TO-PORT: calls for one place go to another, as curl has it.")
    var connectTo: [String] = []
    @Option(help: "PEM of the only certificate authorities to trust.") var authorities: String?
}

extension DefinitionRun.Clock: ExpressibleByArgument {}
