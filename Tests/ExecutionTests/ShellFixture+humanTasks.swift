import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

/// A run that waits for people.
struct OpenedTasks: Sendable {
    var runner: TestRunner
    var item: WorkItem
    /// In the order in which they were asked for.
    var tasks: [HumanTask]
}

extension ShellFixture {
    /// Tasks of one run, by the names that its definition has for them.
    func open(_ asked: (name: String, arguments: JSONValue)..., sentBy actor: Actor = .system) async throws
        -> OpenedTasks
    {
        try await addWorkflow("approval", startedBy: Self.alarm)
        try await send(Self.event("start"), by: actor)
        let runner = try await startRunner()
        let item = try #require(try await runner.begin().first)
        _ = try await runner.call([item.waiting(for: Self.waits(asked))])
        return OpenedTasks(runner: runner, item: item, tasks: try await tasks(named: asked.map(\.name)))
    }

    static func waits(_ asked: [(name: String, arguments: JSONValue)]) -> [Wait] {
        asked.map { name, arguments in
            Wait(
                id: "\(name)#1", taskReference: "/do/0/\(name)", attempt: 1, openedAt: WorkItem.moment,
                kind: .humanTask(HumanTaskRequest(arguments: arguments)))
        }
    }

    func tasks(named names: [String]) async throws -> [HumanTask] {
        let all = try await tasks.list(in: scope, page: PageRequest(limit: 200)).items
        return names.compactMap { name in all.first { $0.taskName == name } }
    }

    func supervisors(_ count: Int) async throws -> [Principal] {
        var people: [Principal] = []
        for _ in 0..<count { people.append(try await tenants.makePrincipal(.supervisor, in: scope).principal) }
        return people
    }

    func approve(_ task: HumanTask, _ outcome: String = "approve", by person: Principal, for absent: Principal? = nil)
        async throws -> HumanTask
    {
        try await tasks.decide(
            task.id, in: scope, .init(outcome: outcome, onBehalfOf: absent?.id), by: person)
    }

    func task(_ task: HumanTask) async throws -> HumanTask { try await tasks.task(task.id, in: scope) }

    /// What reminds, escalates and tells.
    var deadlines: Deadlines {
        Deadlines(
            service: tasks, bell: bell,
            announcer: TaskAnnouncer(
                database: database, board: board,
                triggers: DatabaseTriggerSource(database: database, logger: PostgresFixture.logger), clock: clock),
            logger: PostgresFixture.logger)
    }
}

enum Asked {
    /// A task for supervisors with these further arguments.
    static func approval(_ further: JSONValue = [:]) -> JSONValue {
        var arguments: JSONValue = [
            "title": "Approve", "role": "supervisor",
            "outcomes": [["name": "approve", "label": "Approve"], ["name": "reject", "label": "Reject"]],
        ]
        for (name, value) in further.objectValue ?? [:] { arguments.set(name, value) }
        return arguments
    }
}

/// The problem that something ends in; `nil` when it succeeds.
func refusal<Value>(_ body: () async throws -> Value) async -> Problem.Code? {
    do {
        _ = try await body()
        return nil
    } catch {
        return (error as? Problem)?.code ?? .internalError
    }
}
