import Database
import Primitives
import Synchronization
import Tenancy

/// Sees when runs have completed, from outside: it asks the database every few milliseconds, so that what it reports
/// is never too early.
final class CompletionWatch: Sendable {
    static let pauseMilliseconds = 3

    private let database: Database
    private let plant: TenantScope
    private let open = Mutex<[UUIDv7: ContinuousClock.Instant]>([:])
    private let isOver = Mutex(false)

    init(_ database: Database, _ plant: TenantScope) {
        self.database = database
        self.plant = plant
    }

    /// What follows from an accepted event is waited for; its time counts from when it was due.
    func follow(_ event: UUIDv7, from moment: ContinuousClock.Instant) {
        open.withLock { $0[event] = moment }
    }

    /// Nothing more will be followed.
    func finish() { isOver.withLock { $0 = true } }

    /// Looks until everything that was followed has completed and nothing more will be.
    /// - Returns: milliseconds from event to completed run, one for each.
    func watch(patienceSeconds: Double) async throws -> [Double] {
        var milliseconds: [Double] = []
        var lastMovement = ContinuousClock.now
        while true {
            let isLast = isOver.withLock { $0 }
            let wanted = open.withLock { Array($0.keys) }
            if wanted.isEmpty, isLast { return milliseconds }
            let found = wanted.isEmpty ? [] : try await completed(wanted)
            let now = ContinuousClock.now
            open.withLock { open in
                for id in found {
                    if let from = open.removeValue(forKey: id) { milliseconds.append((now - from).seconds * 1000) }
                }
            }
            if !found.isEmpty || wanted.isEmpty { lastMovement = now }
            guard (now - lastMovement).seconds < patienceSeconds else {
                throw Problem(.timeout, "\(wanted.count) runs did not complete in \(patienceSeconds) s.")
            }
            try await Task.sleep(for: .milliseconds(Self.pauseMilliseconds))
        }
    }

    /// A run's identifier has the first half of its event's: what events started is a range of the key. Only a completed run
    /// has an output; to ask for the status would let the planner take an index of all ended runs of the plant.
    private func completed(_ events: [UUIDv7]) async throws -> [UUIDv7] {
        guard case .plant(let partnerID, let clientID, let plantID) = plant,
            let first = events.map(\.high).min(), let last = events.map(\.high).max()
        else { return [] }
        let range = (from: UUIDv7(high: first, low: 0), to: UUIDv7(high: last, low: .max))
        return try await database.read(plant) { transaction in
            try await transaction.query(
                """
                SELECT event_id
                FROM millwright.run
                WHERE partner_id = \(partnerID) AND client_id = \(clientID) AND plant_id = \(plantID)
                  AND run_id BETWEEN \(range.from) AND \(range.to)
                  AND output IS NOT NULL
                """
            ).map { try $0.decode("event_id") }
        }
    }

    static func hasCompleted(_ run: RunID, _ database: Database, _ plant: TenantScope) async throws -> Bool {
        guard case .plant(let partnerID, let clientID, let plantID) = plant else { return false }
        return try await database.read(plant) { transaction in
            try await transaction.one(
                """
                SELECT FROM millwright.run
                WHERE partner_id = \(partnerID) AND client_id = \(clientID) AND plant_id = \(plantID)
                  AND run_id = \(run) AND output IS NOT NULL
                """
            ) != nil
        }
    }

    /// How many runs of the scope have completed.
    static func completedRuns(_ database: Database, _ scope: TenantScope) async throws -> Int {
        try await database.read(scope) { transaction in
            try await transaction.one(
                "SELECT count(*) AS runs FROM millwright.run WHERE status = 'completed'"
            )?.decode("runs") ?? 0
        }
    }

    /// How many runs of the scope have not ended. A part for each index of open runs, so that those that ended are not
    /// looked at.
    static func openRuns(_ database: Database, _ scope: TenantScope) async throws -> Int {
        try await database.read(scope) { transaction in
            try await transaction.one(
                """
                SELECT (SELECT count(*) FROM millwright.run WHERE status = 'pending')
                  + (SELECT count(*) FROM millwright.run WHERE status = 'running')
                  + (SELECT count(*) FROM millwright.run WHERE status = 'waiting')
                  + (SELECT count(*) FROM millwright.run WHERE status = 'suspended') AS runs
                """
            )?.decode("runs") ?? 0
        }
    }
}
