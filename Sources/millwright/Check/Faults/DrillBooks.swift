import Database
import JSON
import Primitives
import Tenancy

/// What must be true when the faults are over, whatever they were.
struct DrillBooks: Sendable {
    static let drainSeconds = 180.0

    let world: DrillWorld

    struct Counts: Sendable {
        var events = 0
        var runs = 0
        var decisions = 0
        var doubts = 0
        var entries = 0
    }

    /// How many of these events have a run that ended. A database that is away has none.
    static func ended(_ ids: [String], _ database: Database) async throws -> Int {
        do {
            return try await database.read(.platform) { transaction in
                let row = try await transaction.one(
                    """
                    SELECT count(*) AS ended
                    FROM millwright.event AS event
                    JOIN millwright.run AS run
                      ON run.partner_id = event.partner_id AND run.client_id = event.client_id
                      AND run.plant_id = event.plant_id AND run.event_id = event.event_id
                    WHERE event.source_event_id = ANY (\(ids)) AND run.status = 'completed'
                    """)
                return try row?.decode("ended", as: Int.self) ?? 0
            }
        } catch let error as DatabaseError where error.isRetryable {
            return 0
        } catch let problem as Problem where problem.code.isRetryable {
            return 0
        }
    }

    /// Waits until no run is open. People go on deciding meanwhile.
    /// - Returns: the seconds that it took, and how many were left.
    func drain() async throws -> (seconds: Double, left: Int) {
        let start = ContinuousClock.now
        var left = -1
        while (ContinuousClock.now - start).seconds < Self.drainSeconds {
            await world.load.resumeAll()
            left = try await number(
                "SELECT count(*) AS number FROM millwright.run WHERE status NOT IN ('completed', 'faulted', 'cancelled')"
            )
            if left == 0 { break }
            try await Task.sleep(for: .milliseconds(250))
        }
        return ((ContinuousClock.now - start).seconds, left)
    }

    func check() async throws -> (counts: Counts, objections: [String]) {
        var objections = world.ledger.objections
        var counts = Counts()
        try await checkEvents(&counts, &objections)
        try await checkRuns(&counts, &objections)
        try await checkDecisions(&counts, &objections)
        try await checkEffects(&counts, &objections)
        let audit = try await BooksAudit.perform(world.domain) { _ in }
        objections += audit.objections
        if !audit.usageIsBalanced { objections.append("the usage differs from the journal") }
        if !audit.invoicesAreBalanced { objections.append("an invoice's lines do not add up to its total") }
        return (counts, objections)
    }

    /// Every accepted event is there, and has exactly one run.
    private func checkEvents(_ counts: inout Counts, _ objections: inout [String]) async throws {
        let accepted = world.ledger.accepted.map(\.id)
        counts.events = accepted.count
        let rows = try await rows(
            """
            SELECT event.source_event_id, count(run.run_id) AS runs
            FROM millwright.event AS event
            LEFT JOIN millwright.run AS run
              ON run.partner_id = event.partner_id AND run.client_id = event.client_id
              AND run.plant_id = event.plant_id AND run.event_id = event.event_id
            GROUP BY event.source_event_id
            """)
        var runs: [String: Int] = [:]
        for row in rows {
            runs[try row.decode("source_event_id", as: String.self)] = try row.decode("runs", as: Int.self)
        }
        let lost = accepted.filter { runs[$0] == nil }
        if !lost.isEmpty { objections.append("\(lost.count) accepted events are lost: \(lost.prefix(3))") }
        let odd = runs.filter { $0.value != 1 }
        if !odd.isEmpty { objections.append("\(odd.count) events have not one run: \(odd.prefix(3))") }
    }

    /// Runs have ended well; the journal has each of their entries once; no later transition has an earlier epoch.
    private func checkRuns(_ counts: inout Counts, _ objections: inout [String]) async throws {
        counts.runs = try await number("SELECT count(*) AS number FROM millwright.run WHERE status = 'completed'")
        counts.entries = try await number("SELECT count(*) AS number FROM millwright.journal_entry")
        let wrongs: [(String, Statement)] = [
            (
                "runs did not complete",
                "SELECT count(*) AS number FROM millwright.run WHERE status <> 'completed'"
            ),
            (
                "runs have a journal with a gap or a double",
                """
                SELECT count(*) AS number
                FROM (
                  SELECT run.run_id
                  FROM millwright.run AS run
                  LEFT JOIN millwright.journal_entry AS entry
                    ON entry.partner_id = run.partner_id AND entry.client_id = run.client_id
                    AND entry.plant_id = run.plant_id AND entry.run_id = run.run_id
                  GROUP BY run.partner_id, run.client_id, run.plant_id, run.run_id, run.journal_length
                  HAVING count(entry.ordinal) <> run.journal_length OR max(entry.ordinal) <> run.journal_length
                    OR count(*) FILTER (WHERE entry.kind = 'run-started') <> 1
                    OR count(*) FILTER (WHERE entry.kind = 'run-completed') <> 1
                ) AS odd
                """
            ),
            (
                "runs have entries whose transitions are out of order",
                """
                SELECT count(*) AS number
                FROM (
                  SELECT entry.sequence < lag(entry.sequence) OVER (
                    PARTITION BY entry.run_id ORDER BY entry.ordinal) AS is_odd
                  FROM millwright.journal_entry AS entry
                ) AS step
                WHERE step.is_odd
                """
            ),
            (
                "runs were written by an epoch that had not begun",
                """
                SELECT count(*) AS number
                FROM millwright.run AS run
                JOIN millwright.runner AS runner USING (partner_id, client_id, plant_id)
                WHERE run.epoch > runner.epoch
                """
            ),
        ]
        for (name, statement) in wrongs {
            let found = try await number(statement)
            if found > 0 { objections.append("\(found) \(name)") }
        }
    }

    /// What was answered to a person is so, and each decision is counted once.
    private func checkDecisions(_ counts: inout Counts, _ objections: inout [String]) async throws {
        let promised = world.ledger.decisions
        counts.decisions = promised.count
        var known: [String: String] = [:]
        for row in try await rows(
            """
            SELECT decision.human_task_id::text AS id, decision.outcome
            FROM millwright.human_task_decision AS decision
            """)
        { known[try row.decode("id", as: String.self)] = try row.decode("outcome", as: String.self) }
        let wrong = promised.filter { known[$0.key] != $0.value }
        if !wrong.isEmpty { objections.append("\(wrong.count) decisions are not as they were answered") }
        let counted = try await number(
            """
            SELECT coalesce(sum(record.quantity), 0)::bigint AS number
            FROM millwright.usage_record AS record WHERE record.meter = 'human-decisions'
            """)
        if counted != known.count { objections.append("\(known.count) decisions were made and \(counted) counted") }
    }

    /// What the other systems did, against what the runs say of it.
    private func checkEffects(_ counts: inout Counts, _ objections: inout [String]) async throws {
        var outcomes: [String: String] = [:]
        for row in try await rows(
            """
            SELECT run.output ->> 'reference' AS reference, run.output ->> 'outcome' AS outcome
            FROM millwright.run AS run WHERE run.status = 'completed'
            """)
        { outcomes[try row.decode("reference", as: String.self)] = try row.decode("outcome", as: String.self) }
        counts.doubts = outcomes.values.count { $0 == "looked" }
        var done: [String: Int] = [:]
        for kind in DrillSystems.Kind.allCases {
            let here = world.systems.done(by: kind)
            done.merge(here) { $0 + $1 }
            let doubled = here.filter { $0.value > 1 }
            if !doubled.isEmpty {
                objections.append(
                    "\(doubled.count) effects happened twice at the \(kind.rawValue) system: \(doubled.prefix(3))")
            }
        }
        let missing = outcomes.filter { $0.value == "made" && done[$0.key] == nil }
        if !missing.isEmpty { objections.append("\(missing.count) effects were reported and did not happen") }
    }

    private func rows(_ statement: Statement) async throws -> Rows {
        try await world.domain.database.read(.platform, deadline: .seconds(120)) { try await $0.query(statement) }
    }

    private func number(_ statement: Statement) async throws -> Int {
        try await rows(statement).first?.decode("number", as: Int.self) ?? 0
    }
}
