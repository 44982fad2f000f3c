import Metrics
import Synchronization

/// Counts what happens, for `swift-metrics` and for `Database.statistics`.
final class DatabaseMeter: Sendable {
    private let connectionGauges: [DatabaseConfiguration.Role: Gauge]
    private let heldGauges: [DatabaseConfiguration.Role: Gauge]
    private let waitingGauge = Gauge(label: "millwright_database_requests_waiting")
    private let waitTimer = Timer(label: "millwright_database_wait_seconds")
    private let queryTimer = Timer(label: "millwright_database_round_trip_seconds")
    private let connectCounter = Counter(label: "millwright_database_connects_total")
    private let cancelCounter = Counter(label: "millwright_database_cancels_total")
    private let sends = Atomic<Int>(0)
    private let connects = Atomic<Int>(0)
    private let prepares = Atomic<Int>(0)
    private let evictions = Atomic<Int>(0)
    private let cancels = Atomic<Int>(0)
    private let waitingNow = Atomic<Int>(0)
    private let appHeld = Atomic<Int>(0)
    private let platformHeld = Atomic<Int>(0)
    private let appNow = Atomic<Int>(0)
    private let platformNow = Atomic<Int>(0)

    init() {
        func gauges(_ label: String) -> [DatabaseConfiguration.Role: Gauge] {
            let roles: [DatabaseConfiguration.Role] = [.app, .platform]
            return Dictionary(
                uniqueKeysWithValues: roles.map { ($0, Gauge(label: label, dimensions: [("role", $0.rawValue)])) })
        }
        connectionGauges = gauges("millwright_database_connections")
        heldGauges = gauges("millwright_database_connections_in_transaction")
    }

    func countSend() { sends.add(1, ordering: .relaxed) }
    func countPrepare() { prepares.add(1, ordering: .relaxed) }
    func countEvictions(_ count: Int) { evictions.add(count, ordering: .relaxed) }

    func countConnect() {
        connects.add(1, ordering: .relaxed)
        connectCounter.increment()
    }

    func countCancel() {
        cancels.add(1, ordering: .relaxed)
        cancelCounter.increment()
    }

    func waiting(_ change: Int) { waitingGauge.record(waitingNow.add(change, ordering: .relaxed).newValue) }

    func connections(_ change: Int, _ role: DatabaseConfiguration.Role) {
        let now =
            role == .app
            ? appNow.add(change, ordering: .relaxed).newValue : platformNow.add(change, ordering: .relaxed).newValue
        connectionGauges[role]?.record(now)
    }

    func held(_ change: Int, _ role: DatabaseConfiguration.Role) {
        let held = role == .app ? appHeld.add(change, ordering: .relaxed) : platformHeld.add(change, ordering: .relaxed)
        heldGauges[role]?.record(held.newValue)
    }

    func recordWait(since start: ContinuousClock.Instant) { waitTimer.record(duration: .now - start) }
    func recordQuery(since start: ContinuousClock.Instant) { queryTimer.record(duration: .now - start) }

    var statistics: DatabaseStatistics {
        DatabaseStatistics(
            sends: sends.load(ordering: .relaxed), connects: connects.load(ordering: .relaxed),
            prepares: prepares.load(ordering: .relaxed), evictions: evictions.load(ordering: .relaxed),
            cancels: cancels.load(ordering: .relaxed), waiting: waitingNow.load(ordering: .relaxed),
            appConnections: appNow.load(ordering: .relaxed), platformConnections: platformNow.load(ordering: .relaxed))
    }
}

/// A reading of the counters since the start.
package struct DatabaseStatistics: Sendable, Hashable {
    /// Batches written to a socket: with nothing else going on, one is one round trip.
    package let sends: Int
    package let connects: Int
    package let prepares: Int
    package let evictions: Int
    package let cancels: Int
    package let waiting: Int
    package let appConnections: Int
    package let platformConnections: Int
}
