package import JSON
import Primitives

extension RunState {
    /// See `Engine/README.md` for the shape. The same state gives the same bytes.
    package var json: JSONValue {
        var table = DatumTable()
        let frames = self.frames.map { $0.json(&table) }
        var object: JSONObject = [
            "version": JSONValue(Self.currentVersion), "status": .string(status.rawValue),
            "startedAt": startedAt.json,
        ]
        if let input { object["input"] = table.position(of: input) }
        object["context"] = context
        object["frames"] = .array(frames)
        object["waits"] = .array(openWaits.map(\.json))
        object["counters"] = counters.json
        if !secretNonce.isEmpty { object["secretNonce"] = .string(secretNonce) }
        if let failure { object["failure"] = failure.json(&table) }
        object["values"] = .array(table.values)
        return .object(object)
    }

    package init(json: JSONValue) throws(MalformedJSON) {
        let stored = try StoredObject(json, "state")
        guard try stored.integer("version") == Self.currentVersion else { throw MalformedJSON("state", "version") }
        let values = StoredValues(try stored.array("values"))
        status = try stored.choice("status", as: RunStatus.self)
        startedAt = try stored.moment("startedAt")
        input = stored["input"] == nil ? nil : try values.datum(stored["input"], "state")
        context = try stored.value("context")
        frames = []
        for frame in try stored.array("frames") { frames.append(try Frame(json: frame, values)) }
        openWaits = []
        for wait in try stored.array("waits") { openWaits.append(try OpenWait(json: wait)) }
        counters = try Counters(json: try stored.value("counters"))
        secretNonce = stored["secretNonce"]?.stringValue ?? ""
        failure = try stored["failure"].map { json throws(MalformedJSON) in try FailedTask(json: json, values) }
        try checkTree()
    }

    /// Every frame's parent stands before it, and every wait belongs to a frame.
    private func checkTree() throws(MalformedJSON) {
        var known: Set<Int> = [Frame.noParent]
        for frame in frames {
            guard known.contains(frame.parent), known.insert(frame.id).inserted else {
                throw MalformedJSON("frame", "parent")
            }
        }
        for wait in openWaits where !known.contains(wait.frame) || wait.frame == Frame.noParent {
            throw MalformedJSON("wait", "frame")
        }
    }
}

extension RunState.Counters {
    var json: JSONValue {
        let sorted = entries.sorted { $0.key < $1.key }
        var object: JSONObject = [
            "journal": JSONValue(journal), "frames": JSONValue(frames), "events": JSONValue(events),
            "entries": .object(JSONObject(uniqueKeysWithValues: sorted.map { ($0.key, JSONValue($0.value)) })),
        ]
        if lifecycleEvents > 0 { object["lifecycleEvents"] = JSONValue(lifecycleEvents) }
        return .object(object)
    }

    init(json: JSONValue) throws(MalformedJSON) {
        let stored = try StoredObject(json, "counters")
        journal = try stored.integer("journal")
        frames = try stored.integer("frames")
        events = try stored.integer("events")
        if stored["lifecycleEvents"] != nil { lifecycleEvents = try stored.integer("lifecycleEvents") }
        for (reference, count) in try StoredObject(try stored.value("entries"), "counters").object {
            guard let count = count.intValue, StoredObject.countable.contains(count) else {
                throw MalformedJSON("counters", reference)
            }
            entries[reference] = count
        }
    }
}

extension OpenWait {
    var json: JSONValue {
        var json = wait.json
        json.set("frame", JSONValue(frame))
        switch role {
        case .answer: json.set("role", "answer")
        case .timeout: json.set("role", "timeout")
        case .attemptTimeout: json.set("role", "attempt-timeout")
        case .retry: json.set("role", "retry")
        case .event(let filter):
            json.set("role", "event")
            json.set("number", JSONValue(filter))
        case .until(let filter):
            json.set("role", "until")
            json.set("number", JSONValue(filter))
        }
        return json
    }

    init(json: JSONValue) throws(MalformedJSON) {
        let stored = try StoredObject(json, "wait")
        wait = try Wait(json: json)
        frame = try stored.integer("frame")
        switch try stored.string("role") {
        case "answer": role = .answer
        case "timeout": role = .timeout
        case "attempt-timeout": role = .attemptTimeout
        case "retry": role = .retry
        case "event": role = .event(filter: try stored.integer("number"))
        case "until": role = .until(filter: try stored.integer("number"))
        default: throw MalformedJSON("wait", "role")
        }
    }
}
