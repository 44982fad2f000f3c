import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Synchronization
import TestSupport
import Testing

@Suite("months are dropped and made while work goes on", .timeLimit(.minutes(10)))
struct RetentionUnderLoadTests {
    private final class End: Sendable {
        let isReached = Atomic(false)
    }

    @Test("no sender and no runner sees an error while months go, also when a long transaction holds the table")
    func underLoad() async throws {
        try await ShellFixture.with { shell in
            try await OldMonths.make(8, on: shell.database)
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            let end = End()
            try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask {
                    var sent = 0
                    while sent < 3 || !end.isReached.load(ordering: .relaxed) {
                        let outcomes = try await shell.send(ShellFixture.event("\(sent)"))
                        guard case .accepted = outcomes[0] else { throw Problem(.internalError, "\(outcomes)") }
                        sent += 1
                        let response = try await runner.call()
                        let verdicts = try await runner.call(response.work.map { $0.completed() }).verdicts
                        if verdicts.contains(where: { $0 != .committed }) { throw Problem(.internalError, "a verdict") }
                    }
                    return sent
                }
                // A report that reads the table for longer than a drop waits for it.
                group.addTask {
                    try await shell.database.read(shell.scope) { transaction in
                        _ = try await transaction.query("SELECT count(*) FROM millwright.event")
                        _ = try await transaction.query("SELECT count(*) FROM millwright.journal_entry")
                        _ = try await transaction.query("SELECT pg_sleep(1.2)")
                    }
                    return 0
                }
                let result = try await shell.retention().keep()
                #expect(result.partitions.count { $0.fate == .dropped } == 18)
                end.isReached.store(true, ordering: .relaxed)
                _ = try await group.reduce(0, +)
            }
            #expect(try await shell.count("millwright.run", "status <> 'completed'") == 0)
        }
    }

    @Test("an event is accepted once by replicas whose clocks stand on both sides of a month's end")
    func boundaryRace() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            let boundary = CalendarMonth(of: .now()).adding(months: 2).start
            let replicas = [-5400.0, -1, 0.5, 5400].map { skew in
                let replica = ShellFixture(shell.tenants, shell.place, clock: TestClock())
                replica.setClock(boundary.adding(seconds: skew))
                return replica
            }
            let all = try await withThrowingTaskGroup(of: [EventOutcome].self) { group in
                for sender in 0..<24 {
                    let replica = replicas[sender % replicas.count]
                    let order = (0..<20).map { (sender * 7 + $0 * 11) % 20 }
                    group.addTask {
                        var outcomes: [EventOutcome?] = Array(repeating: nil, count: 20)
                        for number in order {
                            outcomes[number] = try await replica.send(ShellFixture.event("e\(number)"))[0]
                        }
                        return outcomes.compactMap(\.self)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for event in 0..<20 {
                #expect(Set(all.map { $0[event].id }).count == 1)
                #expect(all.count { if case .accepted = $0[event] { true } else { false } } == 1)
            }
            #expect(try await shell.count("millwright.event") == 20)
            #expect(try await shell.count("millwright.run") == 20)
            #expect(try await shell.metered(.events) == 20)
            let months = try await shell.database.readPipeline(
                shell.scope, ["SELECT count(DISTINCT tableoid) FROM millwright.event"])
            #expect(try months[0][0].decode(0, as: Int.self) == 2, "both months were written to")
        }
    }

    @Test("whoever stores an event just after a month's end waits for whoever stores it just before, and sees it")
    func boundaryTurn() async throws {
        try await ShellFixture.with { shell in
            let boundary = CalendarMonth(of: .now()).adding(months: 2).start
            shell.setClock(boundary.adding(seconds: 60))
            let key = UUIDv7(high: UInt64(boundary.unixMilliseconds - 60_000) << 16 | 0x7000, low: 1 << 63)
            let place = shell.place
            async let outcome: [EventOutcome] = {
                try await Task.sleep(for: .milliseconds(700))
                return try await shell.send(ShellFixture.event("1"))
            }()
            try await shell.database.transaction(shell.scope) { transaction in
                _ = try await transaction.query(
                    "SELECT pg_advisory_xact_lock(hashtextextended(\(place.plantID)::uuid::text, 7305))")
                try await transaction.execute(
                    """
                    INSERT INTO millwright.event (
                      partner_id, client_id, plant_id, event_id, source, source_event_id, type, occurred_at, received_at,
                      ingest_id, chain_depth)
                    VALUES (
                      \(place.partnerID), \(place.clientID), \(place.plantID), \(key), 'press-7', '1', 'x', now(), now(),
                      \(key), 0)
                    """)
                // The other one is at it by then, and has not been answered.
                _ = try await transaction.query("SELECT pg_sleep(1.8)")
            }
            #expect(try await outcome == [.duplicate(of: EventRecordID(key))])
        }
    }

    @Test("a repeated event of the month before is recognised within the window, and not for ever")
    func duplicateWindow() async throws {
        try await ShellFixture.with { shell in
            try await OldMonths.make(4, on: shell.database)
            shell.setClock(ShellFixture.middle(monthsAgo: 3))
            let first = try #require(try await shell.send(ShellFixture.event("1"))[0].id)
            shell.clock.advance(seconds: 20 * 86_400)
            #expect(try await shell.send(ShellFixture.event("1")) == [.duplicate(of: first)])
            #expect(try await shell.count("millwright.event") == 1)
            shell.clock.advance(seconds: 30 * 86_400)
            guard case .accepted(let second) = try await shell.send(ShellFixture.event("1"))[0] else {
                Issue.record("the window has passed")
                return
            }
            // Of two, the last made it a repeated one.
            #expect(try await shell.send(ShellFixture.event("1")) == [.duplicate(of: second)])
        }
    }

    @Test("an event that is older than the window, in a partition of many months, is still a known one")
    func oldInTheSamePartition() async throws {
        try await ShellFixture.with { shell in
            shell.clock.advance(seconds: -100 * 86_400)
            let first = try #require(try await shell.send(ShellFixture.event("1"))[0].id)
            shell.clock.advance(seconds: 90 * 86_400)
            #expect(try await shell.send(ShellFixture.event("1")) == [.duplicate(of: first)])
        }
    }
}
