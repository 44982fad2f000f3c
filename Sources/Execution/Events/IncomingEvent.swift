package import JSON
package import Primitives

/// A CloudEvent (version 1.0) as its sender wrote it, checked for form but for no plant's contract yet.
package struct IncomingEvent: Sendable {
    package var source: String
    /// The sender's identifier; with `source` it says whether two events are the same.
    package var id: String
    package var type: String
    package var subject: String?
    /// When it happened; `nil` leaves it to the moment of acceptance.
    package var time: Timestamp?
    /// The other attributes (`datacontenttype`, extensions, `data_base64`, a `time` that was not in UTC), as they came.
    package var attributes: JSONObject
    package var data: JSONValue?

    package init(
        source: String, id: String, type: String, subject: String? = nil, time: Timestamp? = nil,
        attributes: JSONObject = [:], data: JSONValue? = nil
    ) {
        self.source = source
        self.id = id
        self.type = type
        self.subject = subject
        self.time = time
        self.attributes = attributes
        self.data = data
    }
}

/// What one event may hold.
package enum EventLimits {
    package static let maximumDataBytes = 256 << 10
    /// The engine takes values 200 levels deep, and the event wraps its data in two.
    package static let maximumDataDepth = 190
    package static let maximumAttributes = 64
    package static let maximumAttributeCharacters = 2048
    /// Of source, id and subject, in UTF-8: source and id together are a key, which PostgreSQL bounds at 2,704 bytes.
    package static let maximumNameBytes = 1024
    package static let maximumTypeBytes = 512
    /// How far a sender's clock may be ahead. There is no bound to the past: recorded data is replayed with its own dates.
    package static let maximumSecondsAhead: Double = 24 * 3600
    package static let earliest = Timestamp(unixMicroseconds: 0)
    /// Events of one request.
    package static let maximumBatch = 10_000
}
