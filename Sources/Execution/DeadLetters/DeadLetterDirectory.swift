package import Database
package import JSON
package import Primitives
package import Tenancy

/// What could not go on, and what an operator does about it. Both lists are read by indexes that hold only what nobody has
/// seen to.
package struct DeadLetterDirectory: Sendable {
    /// For so long a replay has a letter for itself; longer than the intake's own deadlines.
    static let replaySeconds: Double = 90

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
                SELECT run.run_id, \(raw: RunSummary.shortError), run.ended_at
                FROM millwright.run AS run
                WHERE \(fragment: plant.owns("run")) AND run.status = 'faulted' AND run.handled_at IS NULL
                  \(fragment: page.after.map { "AND run.run_id < \($0)" } ?? "")
                ORDER BY run.run_id DESC
                LIMIT \(page.limit + 1)
                """,
                .fitting(
                    """
                    SELECT event.*, octet_length(event.items::text) AS bytes
                    FROM (
                      SELECT event.quarantine_id, event.channel, event.reason, event.items, event.received_at
                      FROM millwright.event_quarantine AS event
                      WHERE \(fragment: plant.owns("event")) AND event.handled_at IS NULL
                        \(fragment: page.after.map { "AND event.quarantine_id < \($0)" } ?? "")
                      ORDER BY event.quarantine_id DESC
                      LIMIT \(page.limit + 1)
                    ) AS event
                    """, order: "quarantine_id DESC"),
            ])
        let events = try rows[1].map(DeadLetter.init(quarantined:))
        let isCut = try rows[1].first.map { try $0.decode("candidates", as: Int64.self) > events.count } ?? false
        // What is older than an event that did not fit comes after it.
        let oldest = isCut ? events.last?.id : nil
        let letters = try (rows[0].map(DeadLetter.init(run:)) + events).sorted { $0.id > $1.id }
            .filter { letter in oldest.map { letter.id >= $0 } ?? true }
        let items = Array(letters.prefix(page.limit))
        return Page(items: items, next: isCut || letters.count > page.limit ? items.last?.id.description : nil)
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
    /// - Throws: `.invalidEvent` for an event that the plant refuses again, which stays; `.wrongState` while somebody else
    ///   replays it.
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
        let stored = try await claim(id, plant)
        do {
            guard stored.emitter.map({ $0.chainDepth <= NewRun.maximumChainDepth }) ?? true else {
                throw Problem(
                    .wrongState,
                    "A chain of runs and events may be \(NewRun.maximumChainDepth) long, and this event would make it longer. "
                        + "Dismiss it, and look for the workflows that start one another.")
            }
            guard let given = body ?? stored.event else {
                throw Problem(
                    .wrongState, "What is kept of the event is not whole, or not JSON. Give the event as body.")
            }
            let event = try IncomingEvent(json: given)
            // The event's own source and id make a second replay the same event: it is stored once whatever breaks in between.
            if case .refused(let items) = try await intake.accept(
                scope, [.success(event)], emittedBy: stored.emitter, by: actor
            ).first {
                throw Problem(
                    .invalidEvent, "The plant refuses the event. Correct it, and give it as body.", items: items)
            }
            try await database.transaction(scope) { transaction in
                _ = try await handle(id, as: "replayed", plant, in: transaction)
                try await transaction.record(
                    AuditEntry(
                        "dead-letter.replayed", objectType: "quarantined-event", objectID: id.description,
                        old: ["handled": false],
                        new: ["handled": true, "isCorrected": .bool(body != nil), "eventId": .string(event.id)],
                        reason: reason, by: actor))
            }
        } catch {
            try? await release(id, plant)
            throw error
        }
    }

    /// Takes the letter for the time that the intake needs at most, so that of two people with two corrections one is told.
    /// - Returns: the event, `nil` for what is not whole or not JSON; and the run that emitted it.
    /// - Throws: `Problem.notFound`, `.wrongState` for one that was seen to, or that somebody replays.
    private func claim(_ id: UUIDv7, _ plant: PlantKey) async throws -> (event: JSONValue?, emitter: EventEmitter?) {
        let now = clock.now()
        let until = now.adding(seconds: Self.replaySeconds)
        let rows = try await database.pipeline(
            plant.scope,
            [
                """
                UPDATE millwright.event_quarantine AS event
                SET replaying_until = \(until)
                WHERE \(fragment: plant.owns("event")) AND event.quarantine_id = \(id) AND event.handled_at IS NULL
                  AND coalesce(event.replaying_until, \(now)) <= \(now)
                RETURNING event.body, event.is_cut_off, event.emitted_by_run_id, event.chain_depth
                """,
                """
                SELECT event.handled_at IS NOT NULL AS is_handled
                FROM millwright.event_quarantine AS event
                WHERE \(fragment: plant.owns("event")) AND event.quarantine_id = \(id)
                """,
            ])
        guard let known = rows[1].first else { throw Problem.notFound("dead letter") }
        guard let row = rows[0].first else {
            throw try known.decode("is_handled", as: Bool.self)
                ? Problem(.wrongState, "This was seen to already.")
                : Problem(.wrongState, "Somebody else replays it at this moment. Look at it again in a minute.")
        }
        let emitter = try EventEmitter(row: row)
        guard try !row.decode("is_cut_off", as: Bool.self) else { return (nil, emitter) }
        return (try? JSONValue(parsing: row.decode("body", as: [UInt8].self)), emitter)
    }

    private func release(_ id: UUIDv7, _ plant: PlantKey) async throws {
        _ = try await database.pipeline(
            plant.scope,
            [
                """
                UPDATE millwright.event_quarantine AS event
                SET replaying_until = NULL
                WHERE \(fragment: plant.owns("event")) AND event.quarantine_id = \(id) AND event.handled_at IS NULL
                """
            ])
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
            SET handled_at = \(now), handled_as = \(what), replaying_until = NULL
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
