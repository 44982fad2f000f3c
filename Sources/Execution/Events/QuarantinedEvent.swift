import Database
import JSON
package import Primitives

/// Input that could not be accepted and whose sender could not be told.
package struct QuarantinedEvent: Sendable {
    package static let maximumBodyBytes = 65_536

    package enum Channel: String, Sendable, Hashable, CaseIterable {
        case webhook, emitted, replay, stream
    }

    package var id: UUIDv7
    package var receivedAt: Timestamp
    package var channel: Channel
    package var reason: String
    package var items: [Problem.Item]
    /// The input as it came; what is beyond the limit is cut off.
    package var body: [UInt8]
    package var isCutOff: Bool
    /// Of an event of the plant's own: whose causes stand behind it when it is replayed.
    var emitter: EventEmitter?

    package init(
        id: UUIDv7, receivedAt: Timestamp, channel: Channel, reason: String, items: [Problem.Item], body: [UInt8]
    ) {
        self.id = id
        self.receivedAt = receivedAt
        self.channel = channel
        self.reason = reason
        self.items = items
        self.body = Array(body.prefix(Self.maximumBodyBytes))
        isCutOff = body.count > Self.maximumBodyBytes
    }

    func insertion(in plant: PlantKey) -> Statement {
        let items = JSONValue.array(items.map { ["path": .string($0.path), "message": .string($0.message)] })
        return """
            INSERT INTO millwright.event_quarantine (
              partner_id, client_id, plant_id, quarantine_id, received_at, channel, reason, items, body, is_cut_off,
              emitted_by_run_id, chain_depth)
            VALUES (
              \(fragment: plant.values), \(id), \(receivedAt), \(channel), \(reason), \(ExactJSON(items)), \(body),
              \(isCutOff), \(emitter?.run as RunID?), \((emitter?.chainDepth).map(Int32.init) as Int32?))
            """
    }
}
