package import JSON
package import Primitives

extension IncomingEvent {
    /// Reads the JSON form of a CloudEvent (CloudEvents JSON Event Format 1.0.2, section 3).
    /// - Throws: `Problem(.invalidEvent)` with every mistake and its place.
    package init(json: JSONValue) throws(Problem) {
        var reading = EventReading()
        guard let event = reading.event(json) else {
            throw Problem(.invalidEvent, "The event is not a valid CloudEvent.", items: reading.items)
        }
        self = event
    }

    /// A single event, or a batch (an array): for each, in its place, the event or what is wrong with it. Paths begin
    /// at the event itself, also in a batch, as those of a plant's contract do.
    /// - Throws: `Problem(.invalidEvent)` when there is no event at all, or too many.
    package static func read(_ body: JSONValue) throws(Problem) -> [Result<IncomingEvent, Problem>] {
        guard case .array(let elements) = body else { return [.success(try IncomingEvent(json: body))] }
        guard (1...EventLimits.maximumBatch).contains(elements.count) else {
            throw Problem(
                .invalidEvent,
                "The batch has \(elements.count) events; from 1 to \(EventLimits.maximumBatch) are taken at a time.")
        }
        return elements.map { element in
            var reading = EventReading()
            guard let event = reading.event(element) else {
                return .failure(
                    Problem(.invalidEvent, "The event is not a valid CloudEvent.", items: reading.items))
            }
            return .success(event)
        }
    }
}

/// Collects the mistakes of one event.
private struct EventReading {
    private(set) var items: [Problem.Item] = []

    private static let named: Set<String> = ["specversion", "id", "source", "type", "subject", "time", "data"]

    mutating func event(_ json: JSONValue) -> IncomingEvent? {
        guard case .object(let object) = json else {
            add("", "Must be an object with the attributes of a CloudEvent.")
            return nil
        }
        if object["specversion"]?.stringValue != "1.0" { add("/specversion", "Must be \"1.0\".") }
        let source = required("source", of: object, limit: EventLimits.maximumNameBytes)
        let id = required("id", of: object, limit: EventLimits.maximumNameBytes)
        let type = required("type", of: object, limit: EventLimits.maximumTypeBytes)
        let subject = present("subject", of: object).map {
            text($0, "subject", limit: EventLimits.maximumNameBytes)
        }
        let time = present("time", of: object).map { moment($0) }
        var attributes = otherAttributes(of: object)
        if let time, let text = object["time"]?.stringValue, time?.description != text {
            attributes["time"] = .string(text)
        }
        if object["data"] != nil, attributes["data_base64"] != nil {
            add("/data_base64", "Stands in place of data, not beside it.")
        }
        guard items.isEmpty else { return nil }
        return IncomingEvent(
            source: source, id: id, type: type, subject: subject, time: time ?? nil, attributes: attributes,
            data: object["data"])
    }

    private mutating func add(_ place: String, _ message: String) {
        items.append(.init(path: place, message: message))
    }

    /// An attribute that is null counts as absent. (`.none`, because `nil` would be the JSON value null.)
    private func present(_ name: String, of object: JSONObject) -> JSONValue? {
        object[name].flatMap { $0.isNull ? .none : $0 }
    }

    private mutating func required(_ name: String, of object: JSONObject, limit: Int) -> String {
        guard let value = present(name, of: object) else {
            add("/" + name, "Is missing.")
            return ""
        }
        return text(value, name, limit: limit)
    }

    private mutating func text(_ value: JSONValue, _ name: String, limit: Int) -> String {
        guard let text = value.stringValue, !text.isEmpty, text.utf8.count <= limit, text.isPlain else {
            add("/" + name, "Must be a text of 1 to \(limit) bytes without control characters.")
            return ""
        }
        return text
    }

    private mutating func moment(_ value: JSONValue) -> Timestamp? {
        guard let text = value.stringValue, let moment = Timestamp(text) else {
            add("/time", "Must be a date and time such as 2026-01-31T08:00:00Z.")
            return nil
        }
        return moment
    }

    private mutating func otherAttributes(of object: JSONObject) -> JSONObject {
        var attributes = JSONObject()
        for (name, value) in object where !Self.named.contains(name) && !value.isNull {
            if name == "data_base64" {
                if value.stringValue == nil { add("/data_base64", "Must be a text.") }
            } else if !name.isAttributeName {
                add("/" + name, "Attribute names are made of the letters a-z and digits.")
            } else if !value.isAttributeValue {
                add(
                    "/" + name,
                    "Must be a text of at most \(EventLimits.maximumAttributeCharacters) characters, true, false or a whole number."
                )
            }
            attributes[name] = value
        }
        if attributes.count > EventLimits.maximumAttributes {
            add("", "Has \(attributes.count) attributes; \(EventLimits.maximumAttributes) are taken at the most.")
        }
        return attributes
    }
}

extension String {
    /// CloudEvents strings hold no control characters, and PostgreSQL's text holds no NUL.
    fileprivate var isPlain: Bool {
        unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
    }

    fileprivate var isAttributeName: Bool {
        (1...40).contains(utf8.count)
            && utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
    }
}

extension JSONValue {
    fileprivate var isAttributeValue: Bool {
        switch self {
        case .bool: true
        case .string(let text): text.unicodeScalars.count <= EventLimits.maximumAttributeCharacters
        case .number: intValue != nil
        case .null, .array, .object: false
        }
    }
}
