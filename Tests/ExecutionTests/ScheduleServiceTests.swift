import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("time starts runs", .timeLimit(.minutes(10)))
struct ScheduleServiceTests {
    static func cron(_ text: String, _ policy: SchedulePolicy = SchedulePolicy()) throws -> TimedRule {
        TimedRule(.cron(try CronExpression(text)), policy)
    }

    private static func texts(_ moments: [Timestamp]) -> [String] { moments.map(\.description) }

    // MARK: Once

    @Test("several services on one database start each moment once, also when they are stopped in the middle")
    func racing() async throws {
        try await ShellFixture.with { shell in
            let other = shell.restarted()
            for number in 0..<12 { try await shell.addTimed("w\(number)", TimedRule(.every(seconds: 60))) }
            try await shell.settle()
            for round in 0..<6 {
                shell.clock.advance(seconds: 60)
                await withTaskGroup { group in
                    for service in [shell.schedules, other.schedules, shell.schedules] {
                        group.addTask { try? await shell.settle(service) }
                        group.addTask { try? await other.settle(service) }
                    }
                    // Whoever is stopped leaves what it has not committed to the others.
                    if round.isMultiple(of: 2) { group.cancelAll() }
                }
                try await shell.settle()
            }
            let moments = try await shell.startedMoments()
            #expect(moments.count == 72)
            #expect(Set(moments).count == 6)
            // And each schedule knows the run of its last moment: nobody wrote over what another one did.
            let consistent: Statement = """
                millwright.workflow_schedule AS schedule
                JOIN millwright.run AS run
                  ON run.run_id = schedule.last_run_id AND run.scheduled_at = schedule.last_moment
                """
            #expect(try await shell.count(consistent) == 12)
            #expect(try await shell.metered(.activePlants) == 1)
        }
    }

    @Test("a moment that has a run is not started again, whatever the schedule's row says")
    func sameMoment() async throws {
        try await ShellFixture.with { shell in
            let id = try await shell.addTimed("hourly", TimedRule(.every(seconds: 3600)))
            try await shell.settle()
            shell.clock.advance(seconds: 3600)
            try await shell.settle()
            #expect(try await shell.startedMoments().count == 1)
            // As if the advance had been lost.
            _ = try await shell.database.pipeline(
                shell.scope,
                [
                    """
                    UPDATE millwright.workflow_schedule
                    SET next_moment = last_moment, next_due_at = last_moment, last_moment = NULL
                    WHERE workflow_id = \(id)
                    """
                ])
            try await shell.settle()
            #expect(try await shell.startedMoments().count == 1)
            shell.clock.advance(seconds: 3600)
            try await shell.settle()
            #expect(try await shell.startedMoments().count == 2)
        }
    }

    @Test("a clock that is set back starts nothing twice, and one that jumps ahead starts no storm")
    func clockJumps() async throws {
        try await ShellFixture.with { shell in
            try await shell.addTimed("minutely", TimedRule(.every(seconds: 60)))
            try await shell.settle()
            shell.clock.advance(seconds: 61)
            try await shell.settle()
            shell.clock.advance(seconds: -300)
            try await shell.settle()
            #expect(try await shell.startedMoments().count == 1)
            shell.clock.advance(seconds: 300 + 86_400 * 30)
            try await shell.settle()
            #expect(try await shell.startedMoments().count == 2)
        }
    }

    @Test("the run knows its moment, and is handed to the plant's runner")
    func input() async throws {
        try await ShellFixture.with { shell in
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            shell.move(to: "2026-03-28T12:00:00Z")
            let id = try await shell.addTimed("daily", try Self.cron("30 2 * * *"))
            try await shell.settle()
            let timing = try #require(try await shell.timing(id))
            // The plant's zone is Berlin, where that half hour is left out.
            #expect(timing.timeZone == "Europe/Berlin")
            #expect(timing.nextDueAt?.description == "2026-03-29T01:00:00Z")
            shell.move(to: "2026-03-29T01:00:01Z")
            try await shell.settle()
            let work = try await runner.call().work
            #expect(work.map(\.input) == [["scheduledAt": "2026-03-29T01:00:00Z"]])
            #expect(work.map(\.workflowID) == [id])
            #expect(try await shell.timing(id)?.lastRunStatus == .pending)
            let run = try #require(try await shell.runs.list(in: shell.scope, page: PageRequest()).items.first)
            #expect(run.scheduleKind == .cron && run.scheduledAt?.description == "2026-03-29T01:00:00Z")
        }
    }

    // MARK: After a time without service

    @Test(
        "what was missed is caught up with as the policy says",
        arguments: [
            (SchedulePolicy.CatchUp.none, ["13"]), (.latest, ["12", "13"]), (.all, ["10", "11", "12", "13"]),
        ])
    func catchUp(_ policy: SchedulePolicy.CatchUp, _ hours: [String]) async throws {
        try await ShellFixture.with { shell in
            shell.move(to: "2026-06-01T06:30:00Z")
            let rule = try Self.cron(
                "0 * * * *", SchedulePolicy(timeZone: "UTC", catchUp: policy, catchUpWithinSeconds: 3 * 3600))
            let id = try await shell.addTimed("hourly", rule)
            try await shell.settle()
            // Nobody is there for six hours.
            shell.move(to: "2026-06-01T12:30:00Z")
            try await shell.settle(shell.restarted().schedules)
            shell.move(to: "2026-06-01T13:00:01Z")
            try await shell.settle()
            #expect(Self.texts(try await shell.startedMoments()) == hours.map { "2026-06-01T\($0):00:00Z" })
            let timing = try #require(try await shell.timing(id))
            #expect(Int(timing.skipped) == 7 - hours.count)
            #expect(timing.skipReason == .missed)
        }
    }

    @Test("a moment that is a little late is on time, and catching up is bounded")
    func bounds() async throws {
        try await ShellFixture.with { shell in
            try await shell.addTimed(
                "often", TimedRule(.every(seconds: 1), SchedulePolicy(catchUp: .all)))
            try await shell.settle()
            shell.clock.advance(seconds: 20)
            try await shell.settle()
            #expect(try await shell.startedMoments().count == 20)
            shell.clock.advance(seconds: 3600)
            try await shell.settle()
            #expect(try await shell.startedMoments().count == 120)
        }
    }

    // MARK: Overlap

    @Test(
        "while the run before has not ended",
        arguments: [(SchedulePolicy.Overlap.allow, 3), (.skip, 1), (.queue, 1), (.replace, 3)])
    func overlap(_ overlap: SchedulePolicy.Overlap, _ started: Int) async throws {
        try await ShellFixture.with { shell in
            let id = try await shell.addTimed(
                "often", TimedRule(.every(seconds: 60), SchedulePolicy(overlap: overlap)))
            try await shell.settle()
            for _ in 0..<3 {
                shell.clock.advance(seconds: 60)
                try await shell.settle()
            }
            let moments = try await shell.startedMoments()
            #expect(moments.count == started)
            let open = try await shell.count("millwright.run", "status = 'pending'")
            let cancelled = try await shell.count("millwright.run", "status = 'cancelled'")
            let timing = try #require(try await shell.timing(id))
            switch overlap {
            case .allow: #expect(open == 3 && timing.skipped == 0)
            case .skip: #expect(open == 1 && timing.skipped == 2 && timing.skipReason == .overlap)
            case .replace:
                #expect(open == 1 && cancelled == 2)
                let audit = try await shell.tenants.audit.entries(
                    in: shell.scope, matching: .init(objectType: "run"), page: PageRequest())
                #expect(audit.items.count == 2)
            case .queue:
                // One waits, and begins when the one before has ended; the third has passed.
                #expect(timing.queuedMoment == moments[0].adding(seconds: 60))
                #expect(timing.skipped == 1)
                try await shell.endRuns()
                try await shell.settle()
                #expect(try await shell.startedMoments() == [moments[0], moments[0].adding(seconds: 60)])
            }
        }
    }

    // MARK: after

    @Test("after: the first at once, the next so long after the end, however the run ended")
    func after() async throws {
        try await ShellFixture.with { shell in
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            try await shell.addTimed("again", TimedRule(.after(seconds: 600)))
            let start = shell.clock.now()
            try await shell.settle()
            #expect(try await shell.startedMoments() == [start])
            // As long as it runs, nothing follows.
            shell.clock.advance(seconds: 7200)
            try await shell.settle()
            #expect(try await shell.startedMoments().count == 1)
            let work = try #require(try await runner.call().work.first)
            _ = try await runner.call([work.completed()])
            let end = shell.clock.now()
            shell.clock.advance(seconds: 599)
            try await shell.settle()
            #expect(try await shell.startedMoments().count == 1)
            shell.clock.advance(seconds: 1)
            try await shell.settle()
            #expect(try await shell.startedMoments() == [start, end.adding(seconds: 600)])
            try await shell.endRuns()
            shell.clock.advance(seconds: 600)
            try await shell.settle()
            #expect(try await shell.startedMoments().count == 3)
        }
    }
}
