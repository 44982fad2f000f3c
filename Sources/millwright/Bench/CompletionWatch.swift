import Database
import Primitives
import Synchronization
import Tenancy

/// Sees when runs have completed, from outside: it asks the database every few milliseconds, so that what it reports
/// is never too early.
final class CompletionWatch: Sendable {
    static let pauseMilliseconds = 2

    private let database: Database
    private let plant: TenantScope
    private let open = Mutex<[String: ContinuousClock.Instant]>([:])

    init(_ database: Database, _ plant: TenantScope) {
        self.database = database
        self.plant = plant
    }

    /// An event is to be followed from the moment at which it is due.
    func follow(_ sourceEventID: String, from moment: ContinuousClock.Instant) {
        open.withLock { $0[sourceEventID] = moment }
    }

    /// Looks until it is cancelled or, once `isOver` says so, nothing is open any more.
    /// - Returns: milliseconds from event to completed run, one for each.
    func watch(isOver: @Sendable () -> Bool, patienceSeconds: Double) async throws -> [Double] {
        var milliseconds: [Double] = []
        var lastMovement = ContinuousClock.now
        while true {
            let wanted = open.withLock { open in
                let now = ContinuousClock.now
                return open.filter { $0.value <= now }.map(\.key)
            }
            if wanted.isEmpty, isOver(), open.withLock(\.isEmpty) { return milliseconds }
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

    private func completed(_ sourceEventIDs: [String]) async throws -> [String] {
        try await database.read(plant) { transaction in
            try await transaction.query(
                """
                SELECT event.source_event_id
                FROM millwright.event AS event
                JOIN millwright.run AS run
                  ON run.partner_id = event.partner_id AND run.client_id = event.client_id
                  AND run.plant_id = event.plant_id AND run.event_id = event.event_id
                WHERE event.source_event_id = ANY(\(sourceEventIDs)) AND run.status = 'completed'
                """
            ).map { try $0.decode("source_event_id") }
        }
    }

    /// How many runs of a load's events completed.
    static func completedRuns(_ database: Database, _ plant: TenantScope, of load: String) async throws -> Int {
        let pattern = load + "-%"
        return try await database.read(plant) { transaction in
            try await transaction.one(
                """
                SELECT count(*) AS runs
                FROM millwright.event AS event
                JOIN millwright.run AS run
                  ON run.partner_id = event.partner_id AND run.client_id = event.client_id
                  AND run.plant_id = event.plant_id AND run.event_id = event.event_id
                WHERE event.source_event_id LIKE \(pattern) AND run.status = 'completed'
                """
            )?.decode("runs") ?? 0
        }
    }

    /// How many runs of the plant have not ended.
    static func openRuns(_ database: Database, _ plant: TenantScope) async throws -> Int {
        try await database.read(plant) { transaction in
            try await transaction.one(
                """
                SELECT count(*) AS runs FROM millwright.run WHERE status IN ('pending', 'running', 'waiting', 'suspended')
                """
            )?.decode("runs") ?? 0
        }
    }
}
