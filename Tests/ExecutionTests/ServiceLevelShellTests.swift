import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("clocks of service levels in the shell", .timeLimit(.minutes(10)))
struct ServiceLevelShellTests {
    private static func asking(_ id: String, _ arguments: JSONValue) -> Wait {
        Wait(
            id: id, taskReference: "/do/0/sla", attempt: 1, openedAt: WorkItem.moment,
            kind: .serviceLevel(arguments: arguments))
    }

    private func watch(_ shell: ShellFixture) -> ServiceLevelWatch {
        ServiceLevelWatch(
            database: shell.database, board: shell.board,
            triggers: DatabaseTriggerSource(database: shell.database, logger: PostgresFixture.logger),
            zones: TestZones(), bell: DeadlineBell(), clock: shell.clock, logger: PostgresFixture.logger)
    }

    /// A run that has begun.
    private func begun(_ shell: ShellFixture) async throws -> (TestRunner, WorkItem) {
        try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
        try await shell.send(ShellFixture.event("start"))
        let runner = try await shell.startRunner()
        return (runner, try #require(try await runner.begin().first))
    }

    /// Sets a clock, and gives the run as it is answered, with the answer.
    private func ask(
        _ arguments: JSONValue, _ item: WorkItem, _ runner: TestRunner, _ id: String
    ) async throws -> (WorkItem, EngineInput.Kind) {
        let response = try await runner.call([item.waiting(for: [Self.asking(id, arguments)])])
        #expect(response.verdicts == [.committed])
        var answered = response.work.first { $0.runID == item.runID }
        if answered == nil { answered = try await runner.call().work.first { $0.runID == item.runID } }
        let next = try #require(answered)
        return (next, try #require(next.inputs.first?.input.kind))
    }

    /// A run with a clock of one minute that then asks a person.
    private func asked(_ task: JSONValue, onBreach: JSONValue, _ shell: ShellFixture) async throws -> RunID {
        let (runner, item) = try await begun(shell)
        let (run, _) = try await ask(
            ["name": "r", "target": 60, "calendar": "elapsed", "onBreach": onBreach], item, runner, "s#1")
        _ = try await runner.call([run.waiting(for: ShellFixture.waits([("ask", task)]))])
        return item.runID
    }

    private func openTask(_ shell: ShellFixture) async throws -> HumanTask {
        try #require(try await shell.tasks.list(in: shell.scope, page: PageRequest()).items.first)
    }

    private func occurrences(_ shell: ShellFixture, _ run: RunID) async throws -> [String] {
        try await shell.runs.serviceLevels.occurrences(of: run, in: shell.scope).map(\.occasion)
    }

    @Test("a clock is set in the commit that asks for it, warns and is breached once, and its events start runs")
    func wholeLife() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            try await shell.addWorkflow("breaches", startedBy: "millwright.sla.breached.v1")
            let (_, answer) = try await ask(
                ["name": "response", "target": 600, "warnings": [60], "calendar": "elapsed"], item, runner, "s#1")
            guard case .succeeded(_, let standing, _) = answer else {
                Issue.record("unexpected: \(answer)")
                return
            }
            #expect(standing["status"] == "running" && standing["remainingSeconds"] == 600)
            let watch = watch(shell)
            _ = try await watch.act()
            #expect(try await occurrences(shell, item.runID) == ["started"])

            shell.clock.advance(seconds: 545)
            // Two control planes at once.
            async let one = watch.act()
            async let two = self.watch(shell.restarted()).act()
            _ = try await (one, two)
            #expect(try await occurrences(shell, item.runID) == ["started", "warning-1"])
            shell.clock.advance(seconds: 3_600)
            async let three = watch.act()
            async let four = self.watch(shell.restarted()).act()
            _ = try await (three, four)
            _ = try await watch.act()
            #expect(try await occurrences(shell, item.runID) == ["started", "warning-1", "breached"])
            #expect(try await shell.count("millwright.event", "type LIKE 'millwright.sla.%'") == 2)
            #expect(try await shell.count("millwright.run") == 2, "the breach started one run")
            let listed = try await shell.runs.serviceLevels.list(
                in: shell.scope, state: .breached, run: nil, page: PageRequest())
            #expect(listed.items.first?.clocks.first?.name == "response")
        }
    }

    @Test("pausing is told in time: what had passed before is said, and the pause does not count")
    func pausing() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            var (run, answer) = try await ask(
                ["name": "r", "target": 100, "warnings": [50], "calendar": "elapsed"], item, runner, "s#1")
            shell.clock.advance(seconds: 60)
            // Nobody has let the clock speak: the commit does.
            (run, answer) = try await ask(["name": "r", "action": "pause"], run, runner, "s#2")
            #expect(try await occurrences(shell, item.runID).contains("warning-1"))
            shell.clock.advance(seconds: 10_000)
            _ = try await watch(shell).act()
            (run, answer) = try await ask(["name": "r", "action": "resume"], run, runner, "s#3")
            shell.clock.advance(seconds: 39)
            (run, answer) = try await ask(["name": "r", "action": "stop"], run, runner, "s#4")
            guard case .succeeded(_, let standing, _) = answer else {
                Issue.record("unexpected: \(answer)")
                return
            }
            #expect(standing["breached"] == false && standing["status"] == "stopped")
            shell.clock.advance(seconds: 10_000)
            _ = try await watch(shell).act()
            #expect(try await !occurrences(shell, item.runID).contains("breached"))
        }
    }

    @Test("a run that ends stops its clocks; a breach that nobody had told yet is still told")
    func ending() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            let (run, _) = try await ask(
                ["name": "late", "target": 100, "calendar": "elapsed"], item, runner, "s#1")
            let (other, _) = try await ask(
                ["name": "early", "target": 500, "calendar": "elapsed"], run, runner, "s#2")
            shell.clock.advance(seconds: 200)
            #expect(try await runner.call([other.completed()]).verdicts == [.committed])
            shell.clock.advance(seconds: 1_000)
            _ = try await watch(shell).act()
            let occurrences = try await shell.runs.serviceLevels.occurrences(of: item.runID, in: shell.scope)
            #expect(occurrences.filter { $0.occasion == "breached" }.map(\.clock) == ["late"])
            #expect(try await shell.count("millwright.sla_clock", "next_action_at IS NOT NULL") == 0)
        }
    }

    @Test("a cancelled run's clock says nothing more")
    func cancelled() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            _ = try await ask(["name": "r", "target": 100, "calendar": "elapsed"], item, runner, "s#1")
            try await shell.runs.cancel(item.runID, in: shell.scope, reason: "x", by: .system)
            shell.clock.advance(seconds: 1_000)
            _ = try await watch(shell).act()
            #expect(try await occurrences(shell, item.runID) == ["started"])
        }
    }

    @Test("a wrong request is an error of the task, and what a clock had said before is kept")
    func refused() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            let (run, _) = try await ask(["name": "r", "target": 100, "calendar": "elapsed"], item, runner, "s#1")
            shell.clock.advance(seconds: 150)
            let (_, answer) = try await ask(["name": "r", "target": 100], run, runner, "s#2")
            guard case .failed(_, let error) = answer else {
                Issue.record("unexpected: \(answer)")
                return
            }
            #expect(error.type == StandardErrorType.validation.uri)
            #expect(try await occurrences(shell, item.runID) == ["started", "breached"])
            #expect(try await shell.count("millwright.event", "type = 'millwright.sla.breached.v1'") == 1)
        }
    }

    @Test("a clock runs by the plant's calendar, and a new calendar sets it anew")
    func calendars() async throws {
        try await ShellFixture.with { shell in
            let calendars = BusinessCalendarDirectory(
                database: shell.database, bell: DeadlineBell(), clock: shell.clock)
            // Every day but in the hours that are now: working time begins in more than an hour.
            let never: JSONValue = ["hours": [:], "exceptions": [["date": "2099-01-01", "hours": ["00:00-24:00"]]]]
            try await calendars.replace(never, of: shell.scope, by: .system)
            let (runner, item) = try await begun(shell)
            _ = try await ask(["name": "r", "target": 60], item, runner, "s#1")
            shell.clock.advance(seconds: 3_600)
            _ = try await watch(shell).act()
            #expect(try await occurrences(shell, item.runID) == ["started"])
            try await calendars.replace(BusinessCalendarDirectory.always, of: shell.scope, by: .system)
            _ = try await watch(shell).act()
            #expect(try await occurrences(shell, item.runID) == ["started", "breached"])
            let name = String(repeating: "x", count: 300)
            let holidays = (0..<1000).map { _ -> JSONValue in ["date": "2026-12-25", "name": .string(name)] }
            let large: JSONValue = ["hours": ["monday": ["08:00-12:00"]], "holidays": .array(holidays)]
            for wrong: JSONValue in [["hours": ["mon": []]], large] {
                #expect(
                    await refusal { try await calendars.replace(wrong, of: shell.scope, by: .system) }
                        == .invalidParameters)
            }
        }
    }

    @Test("what branches of one commit ask of a clock at the same moment stands once, and faults nothing")
    func sameMoment() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            let (run, _) = try await ask(["name": "r", "target": 100, "calendar": "elapsed"], item, runner, "s#1")
            shell.clock.advance(seconds: 1)
            let actions = ["pause", "resume", "pause", "resume", "stop"]
            let asked =
                actions.enumerated().map { index, action in
                    Self.asking("b#\(index)", ["name": "r", "action": .string(action)])
                } + [
                    Self.asking("c#1", ["name": "r", "target": 100, "calendar": "elapsed"]),
                    Self.asking("c#2", ["name": "r", "action": "stop"]),
                ]
            #expect(try await runner.call([run.waiting(for: asked)]).verdicts == [.committed])
            let occasions = try await occurrences(shell, item.runID).map { $0.prefix { $0 != "-" } }
            #expect(occasions.sorted() == ["paused", "resumed", "started", "started", "stopped", "stopped"])
        }
    }

    @Test("a plant whose calendar cannot be read keeps no other plant's clocks silent")
    func brokenCalendar() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            _ = try await ask(["name": "r", "target": 60], item, runner, "s#1")
            let other = try await shell.sibling()
            shell.clock.advance(seconds: 1)
            let (second, waiting) = try await begun(other)
            _ = try await ask(["name": "r", "target": 60], waiting, second, "s#1")
            _ = try await shell.database.pipeline(
                shell.scope,
                [
                    """
                    INSERT INTO millwright.business_calendar (partner_id, client_id, plant_id, calendar)
                    VALUES (\(shell.place.partnerID), \(shell.place.clientID), \(shell.place.plantID), '{"hours": 5}')
                    """,
                    "UPDATE millwright.sla_clock SET next_action_at = due_at",
                ])
            shell.clock.advance(seconds: 120)
            let pause = try await watch(shell).act()
            #expect(pause > 0, "it does not spin")
            #expect(try await occurrences(other, waiting.runID) == ["started", "breached"])
            #expect(try await occurrences(shell, item.runID) == ["started"])
        }
    }

    @Test("at a breach the run's open tasks become more urgent")
    func urgency() async throws {
        try await ShellFixture.with { shell in
            _ = try await asked(
                ["title": "Look", "role": "supervisor"], onBreach: ["priority": 90, "emit": false], shell)
            shell.clock.advance(seconds: 61)
            _ = try await watch(shell).act()
            #expect(try await openTask(shell).priority == 90)
            #expect(try await shell.count("millwright.event", "type LIKE 'millwright.sla.%'") == 0)
        }
    }

    @Test("a breach takes the next step of the escalation, and the steps after it keep their times")
    func escalation() async throws {
        try await ShellFixture.with { shell in
            _ = try await asked(
                [
                    "title": "Look", "role": "supervisor",
                    "escalation": [["afterSeconds": 90_000, "role": "client-admin"]],
                ], onBreach: ["escalate": true], shell)
            shell.clock.advance(seconds: 61)
            _ = try await watch(shell).act()
            let escalated = try await openTask(shell)
            #expect(escalated.roles == [.clientAdmin] && escalated.escalationLevel == 1)
        }
    }

    @Test("control planes that look at once take one step of the escalation for one breach")
    func escalationOnce() async throws {
        try await ShellFixture.with { shell in
            let run = try await asked(
                [
                    "title": "Look", "role": "operator",
                    "escalation": [
                        ["after": "P1D", "role": "supervisor"], ["after": "P2D", "role": "quality"],
                        ["after": "P3D", "role": "client-admin"],
                    ],
                ], onBreach: ["escalate": true], shell)
            shell.clock.advance(seconds: 61)
            // As many as the pool has connections: none waits for a second one while it holds its own.
            let watches = (0..<4).map { _ in watch(shell.restarted()) }
            try await withThrowingTaskGroup { group in
                for watch in watches { group.addTask { _ = try await watch.act() } }
                try await group.waitForAll()
            }
            let escalated = try await openTask(shell)
            #expect(escalated.escalationLevel == 1 && escalated.roles == [.supervisor])
            #expect(try await occurrences(shell, run) == ["started", "breached"])
        }
    }

    @Test("another plant's clocks are not to be seen")
    func foreign() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            _ = try await ask(["name": "r", "target": 60, "calendar": "elapsed"], item, runner, "s#1")
            let other = try await shell.sibling()
            let listed = try await other.runs.serviceLevels.list(
                in: other.scope, state: nil, run: item.runID, page: PageRequest())
            #expect(listed.items.isEmpty)
            #expect(
                try await other.runs.serviceLevels.occurrences(of: item.runID, in: other.scope).isEmpty)
        }
    }
}
