package import JSON
package import Primitives

/// An event as a plant keeps it.
package struct EventRecord: Sendable {
    package var id: EventRecordID
    package var source: String
    package var sourceEventID: String
    package var type: String
    package var subject: String?
    package var occurredAt: Timestamp
    package var receivedAt: Timestamp
    package var attributes: JSONValue?
    package var data: JSONValue?
    /// `data` as it is stored, when it has been serialised already.
    var dataBytes: JSONBytes?
    /// How many runs and emitted events led to this one.
    package var chainDepth: Int
    /// `nil` for an event from outside.
    package var emittedBy: RunID?
    package var sender: PrincipalID?
    /// Who is behind the run that emitted it, of an event that somebody sends again; not stored: runs keep it.
    var emitterCauses = RunCauses()

    package init(
        id: EventRecordID, source: String, sourceEventID: String, type: String, subject: String?,
        occurredAt: Timestamp, receivedAt: Timestamp, attributes: JSONValue?, data: JSONValue?, chainDepth: Int = 0,
        emittedBy: RunID? = nil, sender: PrincipalID? = nil
    ) {
        self.id = id
        self.source = source
        self.sourceEventID = sourceEventID
        self.type = type
        self.subject = subject
        self.occurredAt = occurredAt
        self.receivedAt = receivedAt
        self.attributes = attributes
        self.data = data
        self.chainDepth = chainDepth
        self.emittedBy = emittedBy
        self.sender = sender
    }

    init(
        _ event: IncomingEvent, id: EventRecordID, receivedAt: Timestamp, sender: PrincipalID?, dataBytes: JSONBytes?
    ) {
        self.init(
            id: id, source: event.source, sourceEventID: event.id, type: event.type, subject: event.subject,
            occurredAt: event.time ?? receivedAt, receivedAt: receivedAt,
            attributes: event.attributes.isEmpty ? nil : .object(event.attributes), data: event.data, sender: sender)
        self.dataBytes = dataBytes
    }

    /// The CloudEvent again. It is always made from the stored columns, so that a run sees the same bytes whether its
    /// event came from memory or from the database.
    package var envelope: JSONValue {
        var object = JSONObject()
        object["specversion"] = "1.0"
        object["id"] = .string(sourceEventID)
        object["source"] = .string(source)
        object["type"] = .string(type)
        object["subject"] = subject.map(JSONValue.string)
        object["time"] = .string(occurredAt.description)
        if case .object(let others)? = attributes {
            for (name, value) in others { object[name] = value }
        }
        object["data"] = data
        return .object(object)
    }
}
