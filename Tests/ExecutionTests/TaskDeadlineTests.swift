import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("people are reminded and told, each time once", .timeLimit(.minutes(10)))
struct TaskDeadlineTests {
    private func deadlines(_ shell: ShellFixture) -> Deadlines { shell.deadlines }

    private func told(_ shell: ShellFixture) async throws -> [String] {
        try await shell.events.list(in: shell.scope, page: PageRequest(limit: 200)).items.map(\.type)
            .filter { $0.hasPrefix(TaskAnnouncer.typePrefix) }
            .map { String($0.dropFirst(TaskAnnouncer.typePrefix.count)) }.sorted()
    }

    private static let everything: JSONValue = [
        "due": "PT10M", "reminders": [["afterOpening": "PT1M"], ["beforeDue": "PT5M"]],
        "escalation": [["after": "PT7M", "candidates": ["roles": ["quality", "maintenance"]], "priority": 90]],
        "announce": ["opened", "reminder", "escalated", "decided", "expired", "assigned"],
    ]

    @Test("two control planes that look at once remind, escalate and tell once; one that starts later does not again")
    func onceEach() async throws {
        try await ShellFixture.with { shell in
            let opened = try await shell.open(("a", Asked.approval(Self.everything)))
            let task = opened.tasks[0]
            for (seconds, sent, level) in [(61.0, 1, 0), (240.0, 2, 0), (120.0, 2, 1)] {
                shell.clock.advance(seconds: seconds)
                let planes = [deadlines(shell), deadlines(shell.restarted())]
                try await withThrowingTaskGroup { group in
                    for plane in planes { group.addTask { _ = try await plane.act() } }
                    try await group.waitForAll()
                }
                _ = try await deadlines(shell.restarted()).act()
                let now = try await shell.task(task)
                #expect(now.remindersSent == sent && now.escalationLevel == level)
            }
            let escalated = try await shell.task(task)
            #expect(escalated.roles == [.quality, .maintenance] && escalated.priority == 90)
            let entries = try await shell.tenants.audit.entries(in: shell.scope, page: .init()).items.map(
                \.entry.action)
            let acted = entries.filter { ["human-task.reminded", "human-task.escalated"].contains($0) }
            #expect(acted.sorted() == ["human-task.escalated", "human-task.reminded", "human-task.reminded"])
            #expect(try await told(shell) == ["escalated", "opened", "reminder", "reminder"])
            shell.clock.advance(seconds: 600)
            _ = try await deadlines(shell).act()
            #expect(try await told(shell) == ["escalated", "expired", "opened", "reminder", "reminder"])
            #expect(try await shell.count("millwright.human_task_announcement") == 0)
        }
    }

    @Test(
        "with the plant's calendar a task is due in working time of the plant's zone, and reminds and escalates in it")
    func workingTime() async throws {
        try await ShellFixture.with { shell in
            let calendars = BusinessCalendarDirectory(database: shell.database, bell: shell.bell, clock: shell.clock)
            let day = String(shell.clock.now().adding(seconds: 30 * 86_400).description.prefix(10))
            let exceptions: JSONValue = [["date": .string(day), "hours": ["08:00-20:00"]]]
            try await calendars.replace(["hours": [:], "exceptions": exceptions], of: shell.scope, by: .system)
            var arguments = Asked.approval(Self.everything)
            arguments.set("calendar", "plant")
            let task = try await shell.open(("a", arguments), ("b", Asked.approval(Self.everything))).tasks
            let zone = try await TestZones().rules(of: "Europe/Berlin")
            let noon = try #require(Timestamp("\(day)T12:00:00Z"))
            let eight = noon.adding(seconds: -4 * 3600 - Double(zone.offsetSeconds(at: noon)))
            #expect(task[0].dueAt == eight.adding(seconds: 600))
            #expect(task[0].reminders == [eight.adding(seconds: 60), eight.adding(seconds: 300)])
            #expect(task[1].dueAt == task[1].openedAt.adding(seconds: 600), "the other counts every second")
            shell.clock.advance(seconds: eight.unixSeconds - shell.clock.now().unixSeconds - 1)
            _ = try await deadlines(shell).act()
            #expect(try await shell.task(task[0]).remindersSent == 0)
            shell.clock.advance(seconds: 430)
            _ = try await deadlines(shell).act()
            _ = try await deadlines(shell).act()
            let now = try await shell.task(task[0])
            #expect(now.escalationLevel == 1 && now.status == .open && now.remindersSent == 2)
            #expect(try await shell.task(task[1]).status == .expired)
        }
    }

    @Test("a duration that the plant's calendar never has is an error of the task, which the workflow can catch")
    func workingTimeThatNeverComes() async throws {
        try await ShellFixture.with { shell in
            let calendars = BusinessCalendarDirectory(database: shell.database, bell: shell.bell, clock: shell.clock)
            let never: JSONValue = ["hours": [:], "exceptions": [["date": "1990-01-01", "hours": ["08:00-12:00"]]]]
            try await calendars.replace(never, of: shell.scope, by: .system)
            let opened = try await shell.open(("a", Asked.approval(["due": "PT1H", "calendar": "plant"])))
            #expect(opened.tasks.isEmpty)
            let answered = try #require(try await opened.runner.call().work.first)
            guard case .failed(_, let error)? = answered.inputs.first?.input.kind else {
                Issue.record("unexpected: \(answered)")
                return
            }
            #expect(error.type == StandardErrorType.validation.uri && error.detail?.contains("/due") == true)
        }
    }

    @Test("a calendar that cannot be read is an error of the tasks that ask for it, and of nothing else")
    func brokenCalendar() async throws {
        try await ShellFixture.with { shell in
            _ = try await shell.database.pipeline(
                shell.scope,
                [
                    """
                    INSERT INTO millwright.business_calendar (partner_id, client_id, plant_id, calendar)
                    VALUES (\(shell.place.partnerID), \(shell.place.clientID), \(shell.place.plantID), '{"hours": 5}')
                    """
                ])
            let opened = try await shell.open(
                ("a", Asked.approval(["due": "PT1H", "calendar": "plant"])), ("b", Asked.approval(["due": "PT1H"])))
            #expect(opened.tasks.map(\.taskName) == ["b"])
            let answered = try #require(try await opened.runner.call().work.first)
            guard case .failed(_, let error)? = answered.inputs.first?.input.kind else {
                Issue.record("unexpected: \(answered)")
                return
            }
            #expect(error.type == StandardErrorType.configuration.uri && error.detail?.contains("/hours") == true)
        }
    }

    @Test("a task that cannot be acted on, or told of, keeps no other plant's waiting")
    func brokenTask() async throws {
        try await ShellFixture.with { shell in
            let arguments = Asked.approval(["due": "PT1M", "announce": ["opened", "expired"]])
            let broken = try await shell.open(("a", arguments)).tasks[0]
            let other = try await shell.sibling()
            shell.clock.advance(seconds: 1)
            let task = try await other.open(("a", arguments)).tasks[0]
            // A role that this version does not know, as after going back to an older one.
            _ = try await shell.database.pipeline(
                shell.scope,
                ["UPDATE millwright.human_task SET role = 'astronaut' WHERE human_task_id = \(broken.id)"])
            shell.clock.advance(seconds: 120)
            for _ in 0..<2 { _ = try? await deadlines(shell).act() }
            #expect(try await other.task(task).status == .expired)
            #expect(try await told(other) == ["expired", "opened"])
            #expect(try await told(shell) == [])
        }
    }

    @Test("reminders that came together while nobody looked are one")
    func missed() async throws {
        try await ShellFixture.with { shell in
            var arguments = Asked.approval(["announce": ["reminder"]])
            arguments.set("reminders", [["afterOpening": "PT1M"], ["afterOpening": "PT2M"], ["afterOpening": "PT1H"]])
            let task = try await shell.open(("a", arguments)).tasks[0]
            shell.clock.advance(seconds: 600)
            #expect(try await deadlines(shell).act() <= 60)
            #expect(try await shell.task(task).remindersSent == 2)
            #expect(try await told(shell) == ["reminder"])
        }
    }

    @Test("a workflow that is started by what is told runs after it, one longer in the chain; nothing is told unasked")
    func starting() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("mailer", startedBy: TaskAnnouncer.typePrefix + "decided")
            let person = try await shell.tenants.makePrincipal(.supervisor, in: shell.scope)
            let tasks = try await shell.open(
                ("a", Asked.approval(["announce": ["decided"]])), ("b", Asked.approval()), sentBy: person.actor
            ).tasks
            _ = try await shell.approve(tasks[0], by: person.principal)
            _ = try await shell.approve(tasks[1], by: person.principal)
            _ = try await deadlines(shell).act()
            #expect(try await told(shell) == ["decided"])
            let runs = try await shell.runs.list(in: shell.scope, page: PageRequest()).items
            let mailer = try #require(runs.first { $0.workflowName == "mailer" })
            #expect(mailer.initiator == person.principal.id, "whoever caused the run caused what follows from it")
            let input = try #require(try await shell.runs.run(mailer.id, in: shell.scope).input)
            #expect(input[0]?["data"]?["outcome"] == "approve")
            #expect(input[0]?["data"]?["task"] == .string(tasks[0].id.description))
        }
    }

    @Test("the list has the most urgent first, page by page, and only what is to be followed up when asked")
    func urgency() async throws {
        try await ShellFixture.with { shell in
            let tasks = try await shell.open(
                ("calm", Asked.approval(["priority": 10, "followUp": "PT1M"])),
                ("late", Asked.approval(["due": "PT9H"])),
                ("soon", Asked.approval(["due": "PT1H"])), ("plain", Asked.approval()),
                ("urgent", Asked.approval(["priority": 99]))
            ).tasks
            var seen: [String] = []
            var cursor: String?
            repeat {
                let page = try await shell.tasks.list(
                    in: shell.scope, page: PageRequest(limit: 2, cursor: cursor))
                seen += page.items.compactMap(\.taskName)
                cursor = page.next
            } while cursor != nil
            #expect(seen == ["urgent", "soon", "late", "plain", "calm"])
            shell.clock.advance(seconds: 120)
            let due = try await shell.tasks.list(
                in: shell.scope, matching: .init(followUpBy: shell.clock.now()), page: .init())
            #expect(due.items.map(\.id) == [tasks[0].id])
        }
    }

    @Test("persons who are named decide, by identifier or mail address, and nobody else")
    func people() async throws {
        try await ShellFixture.with { shell in
            let named = try await shell.supervisors(3)
            let arguments: JSONValue = [
                "title": "Sign",
                "candidates": [
                    "principals": [.string("\(named[0].id)"), .string(named[1].email?.uppercased() ?? "")]
                ],
            ]
            let tasks = try await shell.open(("a", arguments), ("b", arguments)).tasks
            #expect(await refusal { try await shell.approve(tasks[0], "done", by: named[2]) } == .forbidden)
            #expect(try await shell.approve(tasks[0], "done", by: named[0]).decision?.role == nil)
            #expect(
                try await shell.tasks.list(for: named[1], in: shell.scope, page: .init()).items.map(\.id) == [
                    tasks[1].id
                ])
            #expect(try await shell.approve(tasks[1], "done", by: named[1]).status == .decided)
        }
    }
}
