import Database
import Glibc
import JSON
import Primitives
import Tenancy

/// A restart while very many runs are open: most wait for a person, some for a timer that comes due afterwards.
struct OpenRunsCheck: Sendable {
    /// How soon events must be accepted again.
    static let acceptingSeconds = 5.0
    /// One run in so many waits for a timer.
    static let timerShare = 20
    static let patienceSeconds = 240.0

    let world: DrillWorld
    let count: Int

    func perform() async throws -> Bool {
        var objections: [String] = []
        let timers = max(1, count / Self.timerShare)
        try await makePatterns()
        world.report.say("Making \(count) open runs of them …")
        try await fill(persons: max(1, count - timers), timers: timers)
        let open = try await number(Self.openRuns)
        Terminal.writeLine("  \(open) runs are open; \(try await number(Self.sleepingRuns)) of them wait for a timer")
        for (name, isWhole) in [("control planes killed", false), ("control planes and PostgreSQL killed", true)] {
            let seconds = try await restart(isWhole)
            Terminal.writeLine("  \(name): an event is accepted after \(Decimal1.text(seconds)) s")
            if seconds > Self.acceptingSeconds {
                objections.append("\(name): events were accepted after \(Decimal1.text(seconds)) s only")
            }
        }
        objections += try await waitForTimers()
        let verdict = objections.isEmpty ? "Everything goes on." : objections.joined(separator: "\n  ")
        Terminal.writeLine("\n" + verdict)
        return objections.isEmpty
    }

    /// One real run of each sort in the first plant; the others are made after it.
    private func makePatterns() async throws {
        let client = world.load.client(world.load.administratorKey)
        await world.load.send("pattern-asks", .honest, asks: true, waits: false, to: world.plants[0], client)
        await world.load.send(
            "pattern-sleeps", .honest, asks: false, waits: false, sleeps: true, to: world.plants[0], client)
        let deadline = ContinuousClock.now + .seconds(30)
        while try await number("SELECT count(*) AS number FROM millwright.run WHERE status = 'waiting'") < 2 {
            guard ContinuousClock.now < deadline else { throw Problem(.timeout, "The first runs do not wait.") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// As a restored backup would bring them: beside the product, with the rows that the product wrote.
    private func fill(persons: Int, timers: Int) async throws {
        for (event, copies) in [("pattern-asks", persons - 1), ("pattern-sleeps", timers - 1)] where copies > 0 {
            let script = Self.script(event, copies)
            _ = try await world.database.primary.cluster.output(
                "psql",
                [
                    "--host", world.database.primary.cluster.socketDirectory, "--username",
                    world.database.primary.cluster.superuser, "--no-psqlrc", "-q", "-v", "ON_ERROR_STOP=1", "--command",
                    script, DrillDatabase.databaseName,
                ])
        }
    }

    private static func script(_ event: String, _ copies: Int) -> String {
        """
        SET session_replication_role = replica;
        BEGIN;
        CREATE TEMPORARY TABLE pattern ON COMMIT DROP AS
        SELECT run.run_id FROM millwright.run AS run JOIN millwright.event AS event USING (event_id)
        WHERE event.source_event_id = '\(event)';
        CREATE TEMPORARY TABLE made ON COMMIT DROP AS
        SELECT overlay(gen_random_uuid()::text PLACING left(pattern.run_id::text, 15) FROM 1)::uuid AS run_id
        FROM pattern, generate_series(1, \(copies));
        INSERT INTO millwright.run
        SELECT (jsonb_populate_record(run, jsonb_build_object('run_id', made.run_id))).*
        FROM millwright.run AS run JOIN pattern USING (run_id), made;
        INSERT INTO millwright.journal_entry
        SELECT (jsonb_populate_record(entry, jsonb_build_object('run_id', made.run_id))).*
        FROM millwright.journal_entry AS entry JOIN pattern USING (run_id), made;
        INSERT INTO millwright.human_task
        SELECT (jsonb_populate_record(
          task, jsonb_build_object('run_id', made.run_id, 'human_task_id', gen_random_uuid()))).*
        FROM millwright.human_task AS task JOIN pattern USING (run_id), made;
        COMMIT;
        ANALYZE millwright.run;
        """
    }

    /// - Returns: the seconds until an event is accepted again.
    private func restart(_ isWhole: Bool) async throws -> Double {
        let start = ContinuousClock.now
        for plane in world.planes { if let pid = plane.process.pid { kill(pid, SIGKILL) } }
        if isWhole { world.database.killPrimary() }
        let client = world.load.client(world.load.administratorKey)
        await world.load.send(
            "after-restart-\(isWhole)", .honest, asks: false, waits: false, to: world.plants[0], client)
        return (ContinuousClock.now - start).seconds
    }

    private func waitForTimers() async throws -> [String] {
        let start = ContinuousClock.now
        var left = -1
        while (ContinuousClock.now - start).seconds < Self.patienceSeconds {
            left = try await number(Self.sleepingRuns)
            if left == 0 { break }
            try await Task.sleep(for: .milliseconds(250))
        }
        let late = try await number(
            """
            SELECT coalesce(ceil(max(extract(epoch FROM run.ended_at - run.started_at)) - \(Double(DrillWorkflow.sleepSeconds))), 0)::bigint
              AS number
            FROM millwright.run AS run WHERE run.status = 'completed'
            """)
        Terminal.writeLine(
            "  timers: \(left == 0 ? "all" : "all but \(left)") have fired and their runs gone on, the last \(late) s late"
        )
        return left == 0 ? [] : ["\(left) timers did not fire"]
    }

    private static let openRuns: Statement =
        "SELECT count(*) AS number FROM millwright.run WHERE status IN ('pending', 'running', 'waiting')"
    private static let sleepingRuns: Statement =
        "SELECT count(*) AS number FROM millwright.run WHERE wake_at IS NOT NULL OR status = 'running'"

    /// A database that is just away is asked again.
    private func number(_ statement: Statement) async throws -> Int {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            do {
                return try await world.domain.database.read(.platform, deadline: .seconds(120)) { transaction in
                    try await transaction.one(statement)?.decode("number", as: Int.self) ?? 0
                }
            } catch let error as DatabaseError where error.isRetryable && ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }
}
