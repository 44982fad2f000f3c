import Database
import Execution
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("a schedule outlives a failure", .timeLimit(.minutes(10)))
struct ScheduleFailureTests {
    /// Planned for 07:00, and nobody has looked since 06:30.
    private static func hourly(_ shell: ShellFixture, _ rules: TimedRule...) async throws -> WorkflowID {
        shell.move(to: "2026-06-01T06:30:00Z")
        let policy = SchedulePolicy(timeZone: "UTC", catchUp: .latest, catchUpWithinSeconds: 3600)
        let id = try await shell.addTimed("hourly", try ScheduleServiceTests.cron("0 * * * *", policy))
        for rule in rules { try await shell.setSchedule(rule, of: id) }
        try await shell.settle()
        shell.move(to: "2026-06-01T07:00:01Z")
        return id
    }

    private static func setRule(_ rule: JSONValue, _ id: WorkflowID, _ shell: ShellFixture) async throws {
        _ = try await shell.database.pipeline(
            shell.scope, ["UPDATE millwright.workflow_schedule SET rule = \(rule) WHERE workflow_id = \(id)"])
    }

    @Test(
        "one that passes leaves it as it is: the next look starts the run",
        arguments: [Problem.Code.timeout, .unavailable])
    func passing(_ code: Problem.Code) async throws {
        try await ShellFixture.with { shell in
            let id = try await Self.hourly(shell)
            let service = shell.schedules(zones: FailingZones(1, Problem(code, "Not now.")))
            #expect(try await service.act() > 0)
            #expect(try await shell.timing(id)?.status == .planned)
            #expect(try await shell.startedMoments().isEmpty)
            try await shell.settle(service)
            #expect(try await shell.startedMoments().map(\.description) == ["2026-06-01T07:00:00Z"])
        }
    }

    @Test("a zone file that cannot be read once costs no moment")
    func zoneFile() async throws {
        try await ShellFixture.with { shell in
            let id = try await Self.hourly(shell)
            let service = shell.schedules(zones: FailingZones(1, Problem(.notFound, "The file cannot be read.")))
            try await shell.settle(service)
            #expect(try await shell.timing(id)?.status == .broken)
            #expect(try await shell.startedMoments().isEmpty)
            shell.clock.advance(seconds: 10)
            try await shell.settle(service)
            #expect(try await shell.startedMoments().map(\.description) == ["2026-06-01T07:00:00Z"])
            #expect(try await shell.timing(id)?.status == .planned)
            #expect(try await shell.timing(id)?.skipped == 0)
        }
    }

    @Test("every: the moment is caught up with, and the next ones are where they were")
    func every() async throws {
        try await ShellFixture.with { shell in
            let rule = TimedRule(.every(seconds: 3600), SchedulePolicy(catchUp: .latest, catchUpWithinSeconds: 3600))
            let id = try await shell.addTimed("hourly", rule)
            let start = shell.clock.now()
            try await shell.settle()
            try await Self.setRule([:], id, shell)
            shell.clock.advance(seconds: 3600)
            try await shell.settle()
            #expect(try await shell.count("millwright.workflow_schedule", "status = 'broken'") == 1)
            #expect(try await shell.scheduled("next_moment", id) == start.adding(seconds: 3600))
            #expect(try await shell.scheduled("anchor_at", id) == start)
            // It is left alone until it is tried again.
            #expect(try await shell.schedules.act() == 5)
            try await Self.setRule(rule.json, id, shell)
            shell.clock.advance(seconds: 600)
            try await shell.settle()
            #expect(try await shell.startedMoments() == [start.adding(seconds: 3600)])
            #expect(try await shell.timing(id)?.nextDueAt == start.adding(seconds: 7200))
        }
    }

    @Test("after: the run that is waited for is not forgotten")
    func after() async throws {
        try await ShellFixture.with { shell in
            let rule = TimedRule(.after(seconds: 60))
            let id = try await shell.addTimed("again", rule)
            try await shell.settle()
            try await Self.setRule([:], id, shell)
            try await shell.endRuns()
            let end = shell.clock.now()
            try await shell.settle()
            #expect(try await shell.count("millwright.workflow_schedule", "status = 'broken'") == 1)
            #expect(try await shell.schedules.act() == 5)
            try await Self.setRule(rule.json, id, shell)
            shell.clock.advance(seconds: 600)
            try await shell.settle()
            #expect(try await shell.startedMoments().last == end.adding(seconds: 60))
            #expect(try await shell.startedMoments().count == 2)
        }
    }

    @Test("a schedule that somebody else has written since it was read is not called broken")
    func writtenMeanwhile() async throws {
        try await ShellFixture.with { shell in
            let id = try await Self.hourly(shell, TimedRule(.every(seconds: 1800)))
            let zones = FailingZones(1, Problem(.notFound, "The file cannot be read.")) {
                _ = try await shell.database.pipeline(
                    shell.scope,
                    ["UPDATE millwright.workflow_schedule SET rule = '{}' WHERE workflow_id = \(id) AND kind = 'every'"]
                )
            }
            #expect(try await shell.schedules(zones: zones).act() > 0)
            #expect(try await shell.count("millwright.workflow_schedule", "kind = 'cron' AND status = 'broken'") == 1)
            #expect(try await shell.count("millwright.workflow_schedule", "kind = 'every' AND status = 'planned'") == 1)
        }
    }
}
