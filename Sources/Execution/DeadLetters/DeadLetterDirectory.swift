package import Database
package import JSON
package import Primitives
package import Tenancy

/// What could not go on, and what an operator does about it. Both lists are read by indexes that hold only what nobody has
/// seen to.
package struct DeadLetterDirectory: Sendable {
    let database: Database
    let runs: RunDirectory
    let intake: EventIntake
    let clock: any WallClock

    package init(
        database: Database, runs: RunDirectory, intake: EventIntake, clock: any WallClock = SystemWallClock()
    ) {
        self.database = database
        self.runs = runs
        self.intake = intake
        self.clock = clock
    }

    /// Newest first, by when the run was accepted or the event came.
    package func list(in scope: TenantScope, page: PageRequest) async throws -> Page<DeadLetter> {
        let plant = try PlantKey(scope)
        let rows = try await database.readPipeline(
            scope,
            [
                """
                SELECT run.run_id, run.error, run.ended_at
                FROM millwright.run AS run
                WHERE \(fragment: plant.owns("run")) AND run.status = 'faulted' AND run.handled_at IS NULL
                  \(fragment: page.after.map { "AND run.run_id < \($0)" } ?? "")
                ORDER BY run.run_id DESC
                LIMIT \(page.limit + 1)
                """,
                """
                SELECT event.quarantine_id, event.channel, event.reason, event.items, event.received_at
                FROM millwright.event_quarantine AS event
                WHERE \(fragment: plant.owns("event")) AND event.handled_at IS NULL
                  \(fragment: page.after.map { "AND event.quarantine_id < \($0)" } ?? "")
                ORDER BY event.quarantine_id DESC
                LIMIT \(page.limit + 1)
                """,
            ])
        let letters = try rows[0].map(DeadLetter.init(run:)) + rows[1].map(DeadLetter.init(quarantined:))
        return page.page(of: Array(letters.sorted { $0.id > $1.id }.prefix(page.limit + 1))) { $0.id }
    }

    /// Somebody saw it, and nothing more is to be done.
    /// - Throws: `Problem.notFound`, `.wrongState` for one that was seen to.
    package func dismiss(_ id: UUIDv7, in scope: TenantScope, reason: String, by actor: Actor) async throws {
        let plant = try PlantKey(scope)
        try await database.transaction(scope) { transaction in
            let isRun = try await handle(id, as: "dismissed", plant, in: transaction)
            try await transaction.record(
                AuditEntry(
                    "dead-letter.dismissed", objectType: isRun ? "run" : "quarantined-event",
                    objectID: id.description, old: ["handled": false], new: ["handled": true], reason: reason,
                    by: actor))
        }
    }

    /// A run goes on with the task that failed; an event goes through the intake again, as it is or corrected.
    /// - Parameter body: the task's input, or the event; `nil` for what was there.
    package func replay(_ id: UUIDv7, body: JSONValue?, in scope: TenantScope, reason: String, by actor: Actor)
        async throws
    {
        let plant = try PlantKey(scope)
        let run = try await database.readPipeline(
            scope,
            ["SELECT FROM millwright.run AS run WHERE \(fragment: plant.owns("run")) AND run.run_id = \(id)"])[0]
        if !run.isEmpty {
            try await runs.perform(.retry(input: body), on: RunID(id), in: scope, reason: reason, by: actor)
            return
        }
        let stored = try await storedBody(id, plant)
        guard let given = body ?? stored else {
            throw Problem(.wrongState, "What is kept of the event is not whole, or not JSON. Give the event as body.")
        }
        let event = try IncomingEvent(json: given)
        // The event's own source and id make a second replay the same event: it is stored once whatever breaks in between.
        _ = try await intake.accept(scope, [event], by: actor)
        try await database.transaction(scope) { transaction in
            _ = try await handle(id, as: "replayed", plant, in: transaction)
            try await transaction.record(
                AuditEntry(
                    "dead-letter.replayed", objectType: "quarantined-event", objectID: id.description,
                    old: ["handled": false],
                    new: ["handled": true, "isCorrected": .bool(body != nil), "eventId": .string(event.id)],
                    reason: reason, by: actor))
        }
    }

    /// `nil` for what is not whole, or not JSON.
    /// - Throws: `Problem.notFound`, `.wrongState` for one that was seen to.
    private func storedBody(_ id: UUIDv7, _ plant: PlantKey) async throws -> JSONValue? {
        let row = try await database.readPipeline(
            plant.scope,
            [
                """
                SELECT event.body, event.is_cut_off, event.handled_at IS NOT NULL AS is_handled
                FROM millwright.event_quarantine AS event
                WHERE \(fragment: plant.owns("event")) AND event.quarantine_id = \(id)
                """
            ])[0].first
        guard let row else { throw Problem.notFound("dead letter") }
        guard try !row.decode("is_handled", as: Bool.self) else {
            throw Problem(.wrongState, "This was seen to already.")
        }
        guard try !row.decode("is_cut_off", as: Bool.self) else { return nil }
        return try? JSONValue(parsing: row.decode("body", as: [UInt8].self))
    }

    /// Answers whether it is a run.
    private func handle(_ id: UUIDv7, as what: String, _ plant: PlantKey, in transaction: TenantTransaction)
        async throws -> Bool
    {
        let now = clock.now()
        let run = try await transaction.execute(
            """
            UPDATE millwright.run AS run
            SET handled_at = \(now)
            WHERE \(fragment: plant.owns("run")) AND run.run_id = \(id) AND run.status = 'faulted'
              AND run.handled_at IS NULL
            """)
        if run == 1 { return true }
        let event = try await transaction.execute(
            """
            UPDATE millwright.event_quarantine AS event
            SET handled_at = \(now), handled_as = \(what)
            WHERE \(fragment: plant.owns("event")) AND event.quarantine_id = \(id) AND event.handled_at IS NULL
            """)
        if event == 1 { return false }
        let known = try await transaction.batch([
            "SELECT FROM millwright.run AS run WHERE \(fragment: plant.owns("run")) AND run.run_id = \(id)",
            """
            SELECT FROM millwright.event_quarantine AS event
            WHERE \(fragment: plant.owns("event")) AND event.quarantine_id = \(id)
            """,
        ])
        guard known.contains(where: { !$0.isEmpty }) else { throw Problem.notFound("dead letter") }
        throw Problem(.wrongState, "This was seen to already.")
    }
}
