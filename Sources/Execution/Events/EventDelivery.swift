import Database
import JSON
import Primitives
import Workflow

/// Hands new events to the runs that listen for them, inside the transaction that stores the events.
struct EventDelivery: Sendable {
    /// Listeners that are read at once. All of them are asked, page after page: a run that listens must not miss an event
    /// because many others listen too.
    static let listenersPerPage = 5_000

    let plant: PlantKey
    let filters: FilterCache
    let now: Timestamp

    struct Listener: Sendable {
        var runID: RunID
        var waitID: String
        var filter: EventFilter
    }

    struct Delivery: Sendable {
        var runID: RunID
        var waitID: String
        var event: EventRecord
        var keepsListening: Bool
    }

    /// Delivers `events`, which were stored just now, in their order. Answers whether any run has a new input.
    /// - Parameter allowance: when it is spent, not all runs that listen were asked.
    func deliver(
        _ events: [EventRecord], _ allowance: inout EvaluationAllowance, in transaction: TenantTransaction
    ) async throws -> Bool {
        guard !events.isEmpty else { return false }
        let types = Set(events.map(\.type)).sorted()
        var isAnswered = false
        var last: Listener?
        while true {
            let listeners = try await transaction.query(listeners(for: types, after: last)).map(Listener.init(row:))
            let deliveries = await deliveries(of: events, to: listeners, &allowance)
            if !deliveries.isEmpty, try await transaction.execute(storing(deliveries)) > 0 { isAnswered = true }
            guard listeners.count == Self.listenersPerPage, !allowance.isSpent else { return isAnswered }
            last = listeners.last
        }
    }

    /// Which listener takes which event: a listener takes the first that fits, or all that fit.
    private func deliveries(
        of events: [EventRecord], to listeners: [Listener], _ allowance: inout EvaluationAllowance
    ) async -> [Delivery] {
        guard !listeners.isEmpty else { return [] }
        let envelopes = events.map(\.envelope)
        var deliveries: [Delivery] = []
        for listener in listeners {
            guard let filter = filters.compiled(listener.filter) else { continue }
            for (event, envelope) in zip(events, envelopes) {
                if allowance.wantsRest { await allowance.rest() }
                guard filter.matches(envelope, &allowance) else { continue }
                deliveries.append(
                    Delivery(
                        runID: listener.runID, waitID: listener.waitID, event: event,
                        keepsListening: listener.filter.takesMany))
                if !listener.filter.takesMany { break }
            }
        }
        return deliveries
    }

    private func listeners(for types: [String], after last: Listener?) -> Statement {
        """
        SELECT run_id, wait_id, attributes, condition, variables, takes_many
        FROM millwright.run_listener AS listener
        WHERE \(fragment: plant.owns("listener"))
          AND (listener.event_type = ANY (\(types)) OR listener.event_type = '')
          AND (\(last?.runID)::uuid IS NULL OR (run_id, wait_id) > (\(last?.runID)::uuid, \(last?.waitID)::text))
        ORDER BY run_id, wait_id
        LIMIT \(Self.listenersPerPage)
        """
    }

    /// A listener that takes one event is taken away by the one transaction that deletes it; whoever comes second finds
    /// nothing and delivers nothing.
    private func storing(_ deliveries: [Delivery]) -> Statement {
        """
        WITH delivery AS (
          SELECT *
          FROM unnest(
            \(deliveries.map(\.runID)), \(deliveries.map(\.waitID)), \(deliveries.map(\.keepsListening)),
            \(deliveries.map { JSONBytes($0.event.envelope) }), \(deliveries.map { JSONBytes($0.event.answeredBy) })
          ) AS delivery (run_id, wait_id, keeps_listening, result, answered_by)
        ), taken AS (
          DELETE FROM millwright.run_listener AS listener
          WHERE \(fragment: plant.owns("listener")) AND listener.run_id = ANY (\(Set(deliveries.map(\.runID)).sorted()))
            AND (listener.run_id, listener.wait_id) IN (
              SELECT delivery.run_id, delivery.wait_id FROM delivery WHERE NOT delivery.keeps_listening)
          RETURNING listener.run_id, listener.wait_id
        )
        INSERT INTO millwright.run_input (
          partner_id, client_id, plant_id, run_id, wait_id, arrived_at, result, answered_by)
        SELECT
          \(fragment: plant.values), delivery.run_id, delivery.wait_id, \(now), delivery.result, delivery.answered_by
        FROM delivery
        WHERE delivery.keeps_listening
          OR (delivery.run_id, delivery.wait_id) IN (SELECT taken.run_id, taken.wait_id FROM taken)
        """
    }
}

extension EventDelivery.Listener {
    init(row: Row) throws {
        let attributes = try row.decode("attributes", as: JSONValue.self).objectValue ?? [:]
        let texts = attributes.compactMap { member in member.value.stringValue.map { (member.key, $0) } }
        self.init(
            runID: try row.decode("run_id"), waitID: try row.decode("wait_id"),
            filter: EventFilter(
                attributes: Dictionary(texts, uniquingKeysWith: { $1 }),
                condition: try row.decode("condition", as: String?.self), variables: try row.decode("variables"),
                takesMany: try row.decode("takes_many")))
    }
}

extension EventRecord {
    /// For the journal of the run that took it.
    fileprivate var answeredBy: JSONValue {
        ["event": .string(id.description), "source": .string(source)]
    }
}
