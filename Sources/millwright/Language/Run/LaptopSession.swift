import Connectors
import Glibc
import JSON
import NIOPosix
import Primitives
import Workflow

/// `millwright workflow run`: reads what is given, runs it, and says how it ended.
struct LaptopSession {
    private static let done: Int32 = 0
    private static let faulted: Int32 = 1
    static let unusable: Int32 = 2

    private let file: String
    private let options: LaptopOptions

    init(_ file: String, _ options: LaptopOptions) {
        self.file = file
        self.options = options
    }

    /// The exit code.
    func run() async throws -> Int32 {
        let stubs = try options.stub.map(StubFile.read) ?? StubFile()
        let secrets = try secrets()
        let http = HTTPTaskCaller(client: try exchange(stubs), secrets: GivenSecrets(secrets))
        let resources = FetchedResources(http: http)
        let read = await DefinitionFile.read(file, resources: resources)
        var children: [Definition] = []
        var findings = read.findings
        var hasErrors = read.hasErrors
        for other in options.also {
            let child = await DefinitionFile.read(other, resources: resources)
            findings += child.findings
            hasErrors = hasErrors || child.hasErrors
            if let definition = child.definition { children.append(definition) }
        }
        for finding in findings { Terminal.writeError(finding + "\n") }
        guard let definition = read.definition, !hasErrors else { return Self.unusable }
        if let circle = ChildWorkflowCycles.find(in: (children + [definition]).map { .init($0) }).first {
            Terminal.writeError("\(file): error: \(CircleText.text(circle))\n")
            return Self.unusable
        }
        if let missing = definition.secrets.first(where: { secrets[$0] == nil }) {
            return show(
                WorkflowError(
                    .authorization, detail: "There is no secret \(missing). Give it in the file named with --secrets.",
                    instance: "/use/secrets"))
        }
        var events = try GivenEvents.read(options.event)
        guard let input = try input(of: definition, &events) else { return Self.unusable }
        var run = try makeRun(definition, children + [definition], stubs, http, events)
        return show(await run.run(input: input))
    }

    // MARK: - What is given

    private func exchange(_ stubs: StubFile) throws -> any HTTPExchange {
        if options.stub != nil { return StubbedExchange(stubs.http) }
        let detours = try options.connectTo.map { text in
            guard let detour = OpenDialer.Detour(text) else {
                throw Problem(.invalidParameters, "--connect-to takes HOST:PORT:TO-HOST:TO-PORT, not \(text).")
            }
            return detour
        }
        let dialer = OpenDialer(detours: detours, group: MultiThreadedEventLoopGroup.singleton)
        let client = OutboundClient(dialer: dialer)
        guard let authorities = try options.authorities.map(FileText.read) else { return client }
        return TrustingExchange(client: client, authorities: authorities)
    }

    private func secrets() throws -> JSONObject {
        guard let file = options.secrets else { return [:] }
        guard let secrets = try GivenValue.read(file).objectValue else {
            throw Problem(.invalidParameters, "\(file): secrets are an object by name, {\"erp\": …}.")
        }
        return secrets
    }

    /// `nil`, and said why, when the given events do not start it.
    private func input(of definition: Definition, _ events: inout [JSONValue]) throws -> JSONValue? {
        if let given = options.input { return try GivenValue.read(given) }
        guard let trigger = definition.schedule?.on else { return [:] }
        if let start = try GivenEvents.takeStart(of: trigger, from: &events) { return start }
        Terminal.writeError(
            "\(file): events start this workflow, and none of the given ones does. Give one with --event, or an input "
                + "with --input.\n")
        return nil
    }

    private func makeRun(
        _ definition: Definition, _ known: [Definition], _ stubs: StubFile, _ http: HTTPTaskCaller,
        _ events: [JSONValue]
    ) throws -> DefinitionRun {
        let parameters = try options.parameters.map(GivenValue.read) ?? [:]
        let clock = options.clock
        let make: @Sendable (Definition, ChildWorkflows, Timestamp, [JSONValue]) -> DefinitionRun = {
            definition, children, moment, events in
            let runID = RunID()
            let facts = RunFacts(
                runID: runID, runtime: ["name": "millwright", "version": .string(Version.text), "metadata": [:]],
                parameters: parameters)
            let performer = LaptopPerformer(
                runID: runID, http: http, processes: LaptopProcesses(), children: children)
            return DefinitionRun(
                definition, facts: facts, answers: stubs.answers, events: events, performer: performer, clock: clock,
                startingAt: moment)
        }
        let children = ChildWorkflows(definitions: known) { make($0, $1, $2, []) }
        return make(definition, children, try start(), events)
    }

    private func start() throws -> Timestamp {
        guard let text = options.at else { return .now() }
        guard let moment = Timestamp(text) else {
            throw Problem(.invalidParameters, "--at takes a moment like 2026-01-31T08:00:00Z, not \(text).")
        }
        return moment
    }

    // MARK: - How it ended

    private func show(_ report: SimulationReport) -> Int32 {
        if options.lifecycle { for event in report.lifecycle { Terminal.writeError("\(event)\n") } }
        if options.trace { for entry in report.journal { Terminal.writeError("\(entry.json)\n") } }
        if report.status == .completed, let output = report.output {
            Terminal.writeLine(output.serialized(.pretty))
            return Self.done
        }
        return show(report.error ?? unfinished(report))
    }

    private func show(_ error: WorkflowError) -> Int32 {
        Terminal.writeError(error.json.serialized(.pretty) + "\n")
        return Self.faulted
    }

    private func unfinished(_ report: SimulationReport) -> WorkflowError {
        if report.wasStopped {
            return WorkflowError(.runtime, detail: "The run goes round in circles: it was stopped.", instance: "/")
        }
        let waits = report.unanswered.map { "\($0.taskReference) (\($0.kind.inWords))" }.joined(separator: ", ")
        return WorkflowError(
            .runtime,
            detail: "The run is \(report.status.rawValue) and nothing that is given leads further: \(waits). Answer it "
                + "with --event or --stub.", instance: report.unanswered.first?.taskReference)
    }
}

extension Wait.Kind {
    fileprivate var inWords: String {
        switch self {
        case .call(let call): "the call \(call.function)"
        case .timer(let dueAt): "until \(dueAt)"
        case .event(let filter): "an event \(filter.attributes["type"] ?? "of any type")"
        case .humanTask(let task): "a decision: \(task.arguments["title"]?.stringValue ?? "a human task")"
        case .serviceLevel(let arguments): "the clock \(arguments["name"]?.stringValue ?? "")"
        case .childRun(let request): "the workflow \(request.namespace)/\(request.name)"
        }
    }
}
