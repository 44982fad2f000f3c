package import Database
package import Logging
package import Primitives
import ServiceLifecycle
import Tenancy
import Workflow

/// Lets the clocks of runs speak when their moments come.
///
/// It sleeps until the earliest such moment of the whole platform, or until a clock is set. Any number of processes may run it: a
/// clock speaks under its row's lock, and says each thing once.
package struct ServiceLevelWatch: Service {
    private let database: Database
    private let board: DispatchBoard
    private let triggers: TriggerCache
    private let filters = FilterCache()
    private let zones: any TimeZoneSource
    private let bell: DeadlineBell
    private let ids: OrderedIdentifiers
    private let clock: any WallClock
    private let logger: Logger

    package init(
        database: Database, board: DispatchBoard, triggers: any TriggerSource, zones: any TimeZoneSource,
        bell: DeadlineBell, ids: OrderedIdentifiers = OrderedIdentifiers(), clock: any WallClock = SystemWallClock(),
        logger: Logger
    ) {
        self.database = database
        self.board = board
        self.triggers = TriggerCache(triggers)
        self.zones = zones
        self.bell = bell
        self.ids = ids
        self.clock = clock
        self.logger = logger
    }

    package func run() async throws {
        await RepeatedLook(
            complaint: "clocks cannot be looked at", pauseAfterFailureSeconds: DueClocks.pauseAfterFailureSeconds,
            logger: logger
        ).run(look: act) { pause in
            if pause > 0 { await bell.wait(seconds: pause, since: clock.now()) }
        }
    }

    /// Lets every clock speak whose moment has come; answers the seconds until the next look. A clock that cannot speak
    /// keeps no other silent.
    package func act() async throws -> Double {
        let due = try await due(at: clock.now())
        let failures = await due.act(speak) { key, error in
            logger.warning(
                "a clock could not speak",
                metadata: ["run": "\(key.runID)", "clock": "\(key.name)", "reason": "\(error)"])
        }
        return due.pause(failures: failures, at: clock.now())
    }

    private typealias DueClocks = DueItems<ClockKey>

    private struct ClockKey: Sendable {
        var plant: PlantKey
        var runID: RunID
        var name: String
    }

    private func due(at now: Timestamp) async throws -> DueClocks {
        let rows = try await database.readPipeline(
            .platform,
            [
                """
                SELECT partner_id, client_id, plant_id, run_id, name
                FROM millwright.sla_clock AS clock
                WHERE clock.next_action_at <= \(now)
                ORDER BY clock.next_action_at
                LIMIT \(DueClocks.maximum)
                """,
                """
                SELECT min(clock.next_action_at) AS next
                FROM millwright.sla_clock AS clock
                WHERE clock.next_action_at > \(now)
                """,
            ])
        return DueClocks(
            items: try rows[0].map {
                ClockKey(
                    plant: try PlantKey($0.scope()), runID: try $0.decode("run_id"), name: try $0.decode("name"))
            },
            next: try rows[1].first?.decode("next", as: Timestamp?.self))
    }

    /// The run's row is locked first, as by whoever commits the run, so that the two cannot wait for each other.
    private func speak(_ key: ClockKey) async throws {
        let now = clock.now()
        let plant = key.plant
        let levels = ServiceLevels(plant: plant, zones: zones, now: now)
        let notification = board.notification(for: plant)
        // Read before the transaction: one that holds a connection should not wait for another.
        _ = try await triggers.triggers(of: plant)
        let emission = try await database.transaction(plant.scope) { transaction in
            let run = try await transaction.one(
                """
                SELECT run.chain_depth, run.initiator_principal_id, run.requested_by, run.further_initiators,
                  run.further_requesters
                FROM millwright.run AS run
                WHERE \(fragment: plant.owns("run")) AND run.run_id = \(key.runID)
                FOR UPDATE
                """)
            guard let run, var row = try await levels.locked(key.runID, key.name, in: transaction) else {
                return EmittedEvents.Emission()
            }
            let time = try await levels.time(row.calendar, in: transaction)
            let told = try await levels.speak(&row, time, in: transaction)
            let origin = CommitBatch.Moved(
                runID: key.runID, workflowID: row.workflowID, hasParent: false,
                chainDepth: try run.decode("chain_depth"), causes: try RunCauses(row: run))
            let emission = try await EmittedEvents(
                plant: plant, ids: self.ids, filters: self.filters, triggers: self.triggers, now: now
            ).publish(told, of: [key.runID: origin], in: transaction)
            if emission.startedRuns || emission.answeredRuns, let notification {
                try await transaction.execute(notification)
            }
            return emission
        }
        if emission.startedRuns || emission.answeredRuns { board.wake([.pending, .inputs], plant.plantID) }
    }
}
