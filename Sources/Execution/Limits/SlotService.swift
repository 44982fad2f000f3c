package import Database
package import Logging
package import Primitives
import ServiceLifecycle
import Tenancy

/// Gives runs of limited workflows their slots.
///
/// Any number of processes may run it: a workflow's slots are given under a lock on its policy, and who has one is counted
/// from the runs, so that a slot is free again however its run ended. It is woken by the bell of its own process; what
/// others did, or what a crash left, it finds at its next look.
package struct SlotService: Service {
    /// Also when nothing rings, while some run waits for a slot.
    static let sweepSeconds: Double = 2
    /// While none does.
    static let idleSeconds: Double = 20
    /// Rings that come together are one look.
    static let gatherSeconds = 0.01
    static let maximumWorkflows = 1_000
    static let pauseAfterFailureSeconds: Double = 5

    let database: Database
    let board: DispatchBoard
    let clock: any WallClock
    let rates: RateClock
    let logger: Logger

    package init(
        database: Database, board: DispatchBoard, clock: any WallClock = SystemWallClock(),
        rates: RateClock = .database, logger: Logger
    ) {
        self.database = database
        self.board = board
        self.clock = clock
        self.rates = rates
        self.logger = logger
    }

    package func run() async throws {
        await RepeatedLook(
            complaint: "slots cannot be given", pauseAfterFailureSeconds: Self.pauseAfterFailureSeconds, logger: logger
        ).run(look: giveSlots) { pause in
            await board.slots.wait(seconds: pause)
            try? await Task.sleep(for: .seconds(Self.gatherSeconds))
        }
    }

    /// Looks after every workflow that has runs waiting; answers the seconds until the next look.
    @discardableResult
    package func giveSlots() async throws -> Double {
        var pause = Self.idleSeconds
        var last: Statement = ""
        while true {
            let rows = try await waiting(after: last)
            for row in rows {
                let turn = SlotTurn(
                    plant: try PlantKey(try row.scope()), workflow: try row.decode("workflow_id"), now: clock.now(),
                    rates: rates)
                pause = min(pause, try await giveOrComplain(turn))
            }
            guard rows.count == Self.maximumWorkflows, let row = rows.last else { return pause }
            let plant = try PlantKey(try row.scope())
            let workflow: WorkflowID = try row.decode("workflow_id")
            last = """
                WHERE (policy.partner_id, policy.client_id, policy.plant_id, policy.workflow_id)
                  > (\(fragment: plant.values), \(workflow))
                """
        }
    }

    /// Workflows with runs that wait, so many at a time: none is kept waiting by those before it.
    private func waiting(after last: Statement) async throws -> Rows {
        try await database.readPipeline(
            .platform,
            [
                """
                SELECT policy.partner_id, policy.client_id, policy.plant_id, policy.workflow_id
                FROM millwright.workflow_policy AS policy
                CROSS JOIN LATERAL (
                  SELECT
                  FROM millwright.run AS run
                  WHERE run.partner_id = policy.partner_id AND run.client_id = policy.client_id
                    AND run.plant_id = policy.plant_id AND run.workflow_id = policy.workflow_id
                    AND run.status = 'pending' AND run.queued_at IS NOT NULL
                  LIMIT 1
                ) AS waiting
                \(fragment: last)
                ORDER BY policy.partner_id, policy.client_id, policy.plant_id, policy.workflow_id
                LIMIT \(Self.maximumWorkflows)
                """
            ])[0]
    }

    private func giveOrComplain(_ turn: SlotTurn) async throws -> Double {
        do {
            return try await give(turn)
        } catch {
            if Task.isCancelled { throw error }
            logger.warning(
                "a workflow's slots cannot be given",
                metadata: ["plant": "\(turn.plant.plantID)", "workflow": "\(turn.workflow)", "reason": "\(error)"])
            return Self.sweepSeconds
        }
    }

    /// - Returns: when to look again.
    private func give(_ turn: SlotTurn) async throws -> Double {
        let notification = board.notification(for: turn.plant)
        let given = try await database.transaction(turn.plant.scope) { transaction in
            let given = try await turn.perform(in: transaction)
            if given.count > 0, let notification { try await transaction.execute(notification) }
            return given
        }
        if given.count > 0 { board.wake(.pending, turn.plant.plantID) }
        return given.nextSeconds ?? Self.sweepSeconds
    }
}
