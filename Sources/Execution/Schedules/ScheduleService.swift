package import Database
package import Logging
package import Primitives
import ServiceLifecycle
import Workflow

/// Starts the runs that time starts.
///
/// It sleeps until the earliest moment of the whole platform, at most `longestSleepSeconds`. Any number of processes may
/// run it: a workflow's schedules are moved on under a lock on the workflow, in the transaction that stores the run, and
/// the moment is the run's idempotency key.
package struct ScheduleService: Service {
    /// Workflows looked after between two looks.
    static let maximumDue = 500
    /// At the same time.
    static let width = 8
    /// Also when nothing is due: a schedule may be new.
    static let longestSleepSeconds: Double = 5
    /// When a run is waited for, whose end nobody announces.
    static let awaitingSleepSeconds: Double = 1
    /// When others have everything that is due.
    static let busyPauseSeconds = 0.5
    static let pauseAfterFailureSeconds: Double = 5
    static let sweepSeconds: Double = 60

    let database: Database
    let board: DispatchBoard
    let zones: any TimeZoneSource
    let ids: OrderedIdentifiers
    let clock: any WallClock
    let logger: Logger
    let months = ActiveMonths()

    package init(
        database: Database, board: DispatchBoard, zones: any TimeZoneSource,
        ids: OrderedIdentifiers = OrderedIdentifiers(), clock: any WallClock = SystemWallClock(), logger: Logger
    ) {
        self.database = database
        self.board = board
        self.zones = zones
        self.ids = ids
        self.clock = clock
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var sweptAt: Timestamp?
            while !Task.isCancelled {
                var pause = Self.pauseAfterFailureSeconds
                do {
                    let now = clock.now()
                    if sweptAt.map({ abs(now.unixSeconds - $0.unixSeconds) >= Self.sweepSeconds }) ?? true {
                        try await sweep()
                        sweptAt = now
                    }
                    pause = try await act()
                } catch {
                    if Task.isCancelled { return }
                    logger.warning("schedules cannot be looked at", metadata: ["reason": "\(error)"])
                }
                if pause > 0 { try? await Task.sleep(for: .seconds(pause)) }
            }
        }
    }

    /// Starts what is due; answers the seconds until the next look.
    package func act() async throws -> Double {
        let now = clock.now()
        let look = try await look(at: now)
        guard !look.due.isEmpty else {
            let longest = look.isAwaiting ? Self.awaitingSleepSeconds : Self.longestSleepSeconds
            return min(longest, look.next.map { max(0, $0.unixSeconds - now.unixSeconds) } ?? longest)
        }
        let moved = await withTaskGroup(of: Bool.self) { group in
            var rest = look.due[...]
            var moved = false
            for key in rest.prefix(Self.width) { group.addTask { await lookAfter(key) } }
            rest = rest.dropFirst(Self.width)
            for await hasMoved in group {
                moved = moved || hasMoved
                if let key = rest.popFirst() { group.addTask { await lookAfter(key) } }
            }
            return moved
        }
        // What was done may be due again at once.
        return moved ? 0 : Self.busyPauseSeconds
    }

    /// One workflow that cannot be looked after does not stop the others.
    private func lookAfter(_ key: WorkflowKey) async -> Bool {
        let now = clock.now()
        var seen: SeenSchedules?
        do {
            seen = try await seenSchedules(of: key)
            return try await takeTurn(of: key, at: now)
        } catch {
            if Task.isCancelled { return false }
            logger.warning(
                "a schedule could not be looked after",
                metadata: ["workflow": "\(key.workflowID)", "plant": "\(key.plant.plantID)", "reason": "\(error)"])
            if let seen, !Self.passes(error) { await setBroken(key, seen, at: now) }
            return false
        }
    }

    /// A workflow of any plant.
    struct WorkflowKey: Sendable, Hashable {
        var plant: PlantKey
        var workflowID: WorkflowID
    }
}
