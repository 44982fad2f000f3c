import Database
import Execution
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("schedules follow their plant and their definition", .timeLimit(.minutes(10)))
struct ScheduleStandingTests {
    @Test("nothing starts in a plant that is suspended; when it is active again, it goes on from there")
    func suspended() async throws {
        try await ShellFixture.with { shell in
            let id = try await shell.addTimed("hourly", TimedRule(.every(seconds: 3600)))
            try await shell.settle()
            for scope in [shell.scope, shell.place.client] {
                let started = try await shell.startedMoments().count
                _ = try await shell.tenants.directory.suspend(scope, reason: "unpaid", by: .system)
                shell.clock.advance(seconds: 3600)
                try await shell.settle()
                shell.clock.advance(seconds: 7200)
                try await shell.schedules.sweep()
                try await shell.settle()
                #expect(try await shell.startedMoments().count == started)
                #expect(try await shell.timing(id)?.status == .parked)
                _ = try await shell.tenants.directory.resume(scope, reason: "paid", by: .system)
                try await shell.schedules.sweep()
                try await shell.settle()
                #expect(try await shell.timing(id)?.status == .planned)
                shell.clock.advance(seconds: 3600)
                try await shell.settle()
                #expect(try await shell.startedMoments().count == started + 1)
            }
        }
    }

    @Test("a disabled workflow starts nothing")
    func disabled() async throws {
        try await ShellFixture.with { shell in
            let id = try await shell.addTimed("hourly", TimedRule(.every(seconds: 3600)))
            try await shell.settle()
            _ = try await shell.database.pipeline(
                shell.scope,
                ["UPDATE millwright.workflow SET is_enabled = false, row_version = row_version + 1"])
            shell.clock.advance(seconds: 3600)
            try await shell.settle()
            #expect(try await shell.startedMoments().isEmpty)
            #expect(try await shell.timing(id)?.status == .off)
        }
    }

    @Test("the schedule goes by the plant's zone, and by the new one when that changes")
    func plantZone() async throws {
        try await ShellFixture.with { shell in
            shell.move(to: "2026-01-10T12:00:00Z")
            let id = try await shell.addTimed("daily", try ScheduleServiceTests.cron("0 6 * * *"))
            try await shell.settle()
            #expect(try await shell.timing(id)?.nextDueAt?.description == "2026-01-11T05:00:00Z")
            _ = try await shell.tenants.directory.change(
                shell.scope, .init(timeZone: "America/New_York"), by: .system)
            try await shell.schedules.sweep()
            try await shell.settle()
            #expect(try await shell.timing(id)?.nextDueAt?.description == "2026-01-11T11:00:00Z")
            #expect(try await shell.timing(id)?.timeZone == "America/New_York")
        }
    }

    @Test("a zone that is not known here breaks its own schedule, says so, and is tried again")
    func unknownZone() async throws {
        try await ShellFixture.with { shell in
            let broken = try await shell.addTimed(
                "lost", try ScheduleServiceTests.cron("0 6 * * *", SchedulePolicy(timeZone: "Mars/Olympus")))
            let fine = try await shell.addTimed("fine", TimedRule(.every(seconds: 3600)))
            try await shell.settle()
            let timing = try #require(try await shell.timing(broken))
            #expect(timing.status == .broken && timing.detail?.contains("Mars/Olympus") == true)
            #expect(timing.nextDueAt == nil)
            #expect(try await shell.timing(fine)?.status == .planned)
            try await shell.setSchedule(
                try ScheduleServiceTests.cron("0 6 * * *", SchedulePolicy(timeZone: "UTC")), of: broken)
            try await shell.settle()
            #expect(try await shell.timing(broken)?.status == .planned)
        }
    }

    @Test("a rule that cannot be read does not stop the other plants")
    func unreadableRule() async throws {
        try await ShellFixture.with { shell in
            let sibling = try await shell.sibling()
            let broken = try await shell.addTimed("broken", TimedRule(.every(seconds: 60)))
            try await sibling.addTimed("fine", TimedRule(.every(seconds: 60)))
            try await shell.settle()
            _ = try await shell.database.pipeline(
                shell.scope, ["UPDATE millwright.workflow_schedule SET rule = '{}' WHERE workflow_id = \(broken)"])
            shell.clock.advance(seconds: 60)
            try await shell.settle()
            #expect(try await sibling.startedMoments().count == 1)
            #expect(try await shell.count("millwright.workflow_schedule", "status = 'broken'") == 1)
        }
    }

    @Test("a new version with another schedule is planned anew, and a run that is under way is not forgotten")
    func changed() async throws {
        try await ShellFixture.with { shell in
            let id = try await shell.addTimed("again", TimedRule(.after(seconds: 60)))
            try await shell.settle()
            try await shell.setSchedule(TimedRule(.after(seconds: 120)), of: id)
            shell.clock.advance(seconds: 3600)
            try await shell.settle()
            #expect(try await shell.startedMoments().count == 1)
            try await shell.endRuns()
            shell.clock.advance(seconds: 119)
            try await shell.settle()
            #expect(try await shell.startedMoments().count == 1)
            shell.clock.advance(seconds: 1)
            try await shell.settle()
            #expect(try await shell.startedMoments().count == 2)
        }
    }

    @Test("a plant sees its own schedules only, page by page")
    func listing() async throws {
        try await ShellFixture.with { shell in
            let sibling = try await shell.sibling()
            for name in ["a", "b", "c"] {
                try await shell.addTimed(name, TimedRule(.every(seconds: 60)), TimedRule(.after(seconds: 60)))
            }
            try await sibling.addTimed("foreign", TimedRule(.every(seconds: 60)))
            let directory = shell.runs.schedules
            let first = try await directory.list(in: shell.scope, page: PageRequest(limit: 2))
            #expect(first.items.map(\.workflowName) == ["a", "b"])
            #expect(first.items.map { $0.timings.map(\.rule.kind) } == [[.after, .every], [.after, .every]])
            let rest = try await directory.list(in: shell.scope, page: PageRequest(limit: 2, cursor: first.next))
            #expect(rest.items.map(\.workflowName) == ["c"] && rest.next == nil)
            #expect(try await directory.list(in: sibling.scope, page: PageRequest()).items.count == 1)
            await #expect(throws: Problem.self) {
                try await directory.list(in: shell.place.client, page: PageRequest())
            }
        }
    }

    @Test("when nothing is due the service sleeps until something is, at most its longest")
    func sleeping() async throws {
        try await ShellFixture.with { shell in
            #expect(try await shell.schedules.act() == 5)
            try await shell.addTimed("soon", TimedRule(.every(seconds: 3)))
            try await shell.settle()
            #expect(try await shell.schedules.act() == 3)
            try await shell.addTimed("again", TimedRule(.after(seconds: 60)))
            try await shell.settle()
            #expect(try await shell.schedules.act() == 1)
        }
    }
}
