package import Database
import JSON
package import Primitives
import Tenancy

/// The plants' runners as rows: what is wanted, which epoch may write, and what was seen.
package struct RunnerStore: Sendable {
    /// Announced whenever the desired state of a runner changed; the payload is the plant's identifier.
    package static let channel = "millwright_runners"

    private let database: Database
    private let board: DispatchBoard
    private let clock: any WallClock

    package init(database: Database, board: DispatchBoard, clock: any WallClock = SystemWallClock()) {
        self.database = database
        self.board = board
        self.clock = clock
    }

    func listen(_ channel: String) -> AsyncStream<Notification> { database.listen(channel) }

    package enum DesiredState: String, Sendable, Hashable, CaseIterable {
        case running, stopped
    }

    package enum ObservedState: String, Sendable, Hashable, CaseIterable {
        case absent, starting, ready, draining, failed
    }

    package struct Runner: Sendable, Hashable {
        package var runnerID: RunnerID
        package var epoch: Int64
        package var desiredState: DesiredState
        package var observedState: ObservedState
        package var startedAt: Timestamp?
        package var readyAt: Timestamp?
        package var lastSeenAt: Timestamp?
        package var restarts: Int
        package var detail: String?
    }

    /// Plants that should have a runner: everything above them is active, and nobody stopped it.
    package func desiredPlants() async throws -> [TenantScope] {
        try await database.read(.platform) { transaction in
            try await transaction.query(
                """
                SELECT plant.partner_id, plant.client_id, plant.plant_id
                FROM millwright.plant AS plant
                JOIN millwright.client AS client
                  ON client.partner_id = plant.partner_id AND client.client_id = plant.client_id
                JOIN millwright.partner AS partner ON partner.partner_id = plant.partner_id
                LEFT JOIN millwright.runner AS runner
                  ON runner.partner_id = plant.partner_id AND runner.client_id = plant.client_id
                  AND runner.plant_id = plant.plant_id
                WHERE plant.status = 'active' AND client.status = 'active' AND partner.status = 'active'
                  AND coalesce(runner.desired_state, 'running') = 'running'
                ORDER BY plant.plant_id
                """
            ).map { try $0.scope() }
        }
    }

    /// `nil` for a plant that never had one.
    package func runner(of scope: TenantScope) async throws -> Runner? {
        let plant = try PlantKey(scope)
        return try await database.read(scope) { transaction in
            try await transaction.one(
                """
                SELECT runner_id, epoch, desired_state, observed_state, started_at, ready_at, last_seen_at, restarts,
                  detail
                FROM millwright.runner AS runner
                WHERE \(fragment: plant.owns("runner"))
                """
            ).map(Runner.init(row:))
        }
    }

    /// Says whether the plant should have a runner.
    package func setDesired(_ state: DesiredState, of scope: TenantScope, by actor: Actor) async throws {
        let plant = try PlantKey(scope)
        let old = try await runner(of: scope)?.desiredState
        guard old ?? .running != state else { return }
        let audit = AuditEntry(
            "runner.\(state.rawValue)", objectType: "plant", objectID: plant.plantID.description,
            old: ["desiredState": .string((old ?? .running).rawValue)],
            new: ["desiredState": .string(state.rawValue)], by: actor)
        _ = try await database.pipeline(
            scope,
            [
                """
                INSERT INTO millwright.runner (
                  partner_id, client_id, plant_id, runner_id, epoch, desired_state, observed_state, restarts,
                  meter_sequence)
                VALUES (\(fragment: plant.values), \(RunnerID()), 0, \(state), 'absent', 0, 0)
                ON CONFLICT (partner_id, client_id, plant_id) DO UPDATE SET desired_state = excluded.desired_state
                """,
                audit.insertion(in: scope),
                "SELECT pg_notify(\(Self.channel), \(plant.plantID.description))",
                DispatchBoard.notification(of: plant.plantID),
            ])
        board.wake(.settings, plant.plantID)
    }

    /// Takes the plant over: the next epoch, after which every earlier runner is refused. It waits for the transactions of
    /// the earlier one that are under way.
    /// - Throws: `Problem.inactivePlant` for a plant that is not active.
    package func beginEpoch(of scope: TenantScope) async throws -> (runnerID: RunnerID, epoch: Int64) {
        let plant = try PlantKey(scope)
        let runnerID = RunnerID()
        let now = clock.now()
        let rows: [Rows]
        do {
            rows = try await database.pipeline(
                scope,
                [
                    "SELECT millwright.assert_active(\(fragment: plant.values))",
                    metering(plant, until: "runner.last_seen_at", epoch: nil),
                    """
                    INSERT INTO millwright.runner AS runner (
                      partner_id, client_id, plant_id, runner_id, epoch, desired_state, observed_state, started_at, restarts,
                      meter_sequence)
                    VALUES (\(fragment: plant.values), \(runnerID), 1, 'running', 'starting', \(now), 0, 0)
                    ON CONFLICT (partner_id, client_id, plant_id) DO UPDATE
                    SET runner_id = excluded.runner_id, epoch = runner.epoch + 1, observed_state = 'starting',
                      started_at = excluded.started_at, ready_at = NULL, last_seen_at = NULL,
                      restarts = runner.restarts + CASE WHEN runner.started_at IS NULL THEN 0 ELSE 1 END,
                      metered_until = NULL, meter_sequence = 0
                    RETURNING runner.epoch
                    """,
                    DispatchBoard.notification(of: plant.plantID),
                ])
        } catch  where error.isDatabaseError(ShellSQLState.inactivePlant) {
            throw Problem.inactivePlant
        }
        guard let epoch = try rows[2].first?.decode("epoch", as: Int64.self) else {
            throw Problem(.internalError, "The runner's row was not written.")
        }
        board.startEpoch(epoch, of: plant.plantID)
        return (runnerID, epoch)
    }

    /// Records how a runner ended, for people to see, and meters it up to now. A later epoch's row is left alone.
    package func runnerEnded(of scope: TenantScope, epoch: Int64, _ exit: String, willRestart: Bool) async throws {
        let plant = try PlantKey(scope)
        let state: ObservedState = willRestart ? .failed : .absent
        _ = try await database.pipeline(
            scope,
            [
                metering(plant, until: "now()", epoch: epoch),
                """
                UPDATE millwright.runner AS runner
                SET observed_state = \(state), ready_at = NULL, metered_until = NULL, detail = \(String(exit.prefix(1000)))
                WHERE \(fragment: plant.owns("runner")) AND runner.epoch = \(epoch)
                """,
            ])
    }

    /// The seconds of a runner that was ready and has not been metered since its last sign of life.
    private func metering(_ plant: PlantKey, until end: StaticString, epoch: Int64?) -> Statement {
        """
        WITH ready AS (
          SELECT runner.runner_id, runner.meter_sequence + 1 AS sequence,
            floor(extract(epoch FROM \(raw: end) - runner.metered_until))::bigint AS seconds
          FROM millwright.runner AS runner
          WHERE \(fragment: plant.owns("runner")) AND runner.epoch = coalesce(\(epoch as Int64?), runner.epoch)
            AND runner.metered_until IS NOT NULL
          FOR UPDATE
        )
        INSERT INTO millwright.usage_record (
          partner_id, client_id, plant_id, meter, subject_id, sequence, quantity, occurred_at, recorded_at)
        SELECT
          \(fragment: plant.values), \(Meter.runnerSeconds), ready.runner_id, ready.sequence, ready.seconds,
          \(clock.now()), now()
        FROM ready
        WHERE ready.seconds > 0
        """
    }
}

extension RunnerStore.Runner {
    fileprivate init(row: Row) throws {
        self.init(
            runnerID: try row.decode("runner_id"), epoch: try row.decode("epoch"),
            desiredState: try row.decode("desired_state"), observedState: try row.decode("observed_state"),
            startedAt: try row.decode("started_at", as: Timestamp?.self),
            readyAt: try row.decode("ready_at", as: Timestamp?.self),
            lastSeenAt: try row.decode("last_seen_at", as: Timestamp?.self), restarts: try row.decode("restarts"),
            detail: try row.decode("detail", as: String?.self))
    }
}
