import JSON
import Primitives

/// Values that frames share are written once, in the order in which they are first met, and referred to by position.
struct DatumTable {
    private(set) var values: [JSONValue] = []
    private var positions: [ObjectIdentifier: Int] = [:]

    mutating func position(of datum: Datum) -> JSONValue {
        let key = ObjectIdentifier(datum)
        if let known = positions[key] { return JSONValue(known) }
        positions[key] = values.count
        values.append(datum.value)
        return JSONValue(values.count - 1)
    }
}

/// The values of a stored state: the same position gives the same object, so that what was shared stays shared.
struct StoredValues {
    let data: [Datum]

    init(_ values: [JSONValue]) { data = values.map { Datum($0) } }

    func datum(_ position: JSONValue?, _ what: String) throws(MalformedJSON) -> Datum {
        guard let index = position?.intValue, data.indices.contains(index) else { throw MalformedJSON(what, "value") }
        return data[index]
    }

    func list(_ positions: JSONValue?, _ what: String) throws(MalformedJSON) -> [Datum] {
        var list: [Datum] = []
        for position in positions?.arrayValue ?? [] { list.append(try datum(position, what)) }
        return list
    }
}

extension Frame {
    func json(_ table: inout DatumTable) -> JSONValue {
        var object: JSONObject = [
            "id": JSONValue(id), "parent": JSONValue(parent), "task": .string(reference), "entry": JSONValue(entry),
            "attempt": JSONValue(attempt), "startedAt": startedAt.json, "input": table.position(of: input),
        ]
        if branch != 0 { object["branch"] = JSONValue(branch) }
        if let rawInput { object["rawInput"] = table.position(of: rawInput) }
        object.add("deadline", deadline?.json)
        object.add("attemptDeadline", attemptDeadline?.json)
        switch phase {
        case .body: object["phase"] = "body"
        case .waiting: object["phase"] = "waiting"
        case .iterating(let index, let items):
            object["phase"] = "iterating"
            object["index"] = JSONValue(index)
            object["items"] = table.position(of: items)
        case .trying(let attempt, let firstFailedAt):
            object["phase"] = "trying"
            object["try"] = JSONValue(attempt)
            object.add("firstFailedAt", firstFailedAt?.json)
        case .pausing(let attempt, let firstFailedAt):
            object["phase"] = "pausing"
            object["try"] = JSONValue(attempt)
            object["firstFailedAt"] = firstFailedAt.json
        case .catching(let error):
            object["phase"] = "catching"
            object["error"] = error.json
        case .forking(let outputs, let lost):
            object["phase"] = "forking"
            object["outputs"] = .array(outputs.map { $0.map { table.position(of: $0) } ?? .null })
            object["lost"] = JSONValue(lost)
        case .listening(let listening):
            object["phase"] = "listening"
            object["listening"] = listening.json(&table)
        case .extending(let stage):
            object["phase"] = "extending"
            object["stage"] = stage.json(&table)
        }
        return .object(object)
    }

    init(json: JSONValue, _ values: StoredValues) throws(MalformedJSON) {
        let stored = try StoredObject(json, "frame")
        id = try stored.integer("id")
        parent = try stored.integer("parent")
        reference = try stored.string("task")
        task = reference.isEmpty ? Self.workflow : Self.unresolved
        entry = try stored.integer("entry")
        attempt = try stored.integer("attempt")
        startedAt = try stored.moment("startedAt")
        input = try values.datum(stored["input"], "frame")
        branch = stored["branch"]?.intValue ?? 0
        rawInput = stored["rawInput"] == nil ? nil : try values.datum(stored["rawInput"], "frame")
        deadline = stored["deadline"] == nil ? nil : try stored.moment("deadline")
        attemptDeadline = stored["attemptDeadline"] == nil ? nil : try stored.moment("attemptDeadline")
        phase = try Phase(stored, values)
    }
}

extension Frame.Phase {
    init(_ stored: StoredObject, _ values: StoredValues) throws(MalformedJSON) {
        switch try stored.string("phase") {
        case "body": self = .body
        case "waiting": self = .waiting
        case "iterating":
            self = .iterating(index: try stored.integer("index"), items: try values.datum(stored["items"], "frame"))
        case "trying":
            let failedAt = stored["firstFailedAt"] == nil ? nil : try stored.moment("firstFailedAt")
            self = .trying(attempt: try stored.integer("try"), firstFailedAt: failedAt)
        case "pausing":
            self = .pausing(attempt: try stored.integer("try"), firstFailedAt: try stored.moment("firstFailedAt"))
        case "catching": self = .catching(error: try WorkflowError(json: try stored.value("error")))
        case "forking":
            var outputs: [Datum?] = []
            for output in try stored.array("outputs") {
                outputs.append(output.isNull ? nil : try values.datum(output, "frame"))
            }
            self = .forking(outputs: outputs, lost: try stored.integer("lost"))
        case "listening": self = .listening(try Frame.Listening(json: try stored.value("listening"), values))
        case "extending": self = .extending(try Frame.ExtensionStage(json: try stored.value("stage"), values))
        default: throw MalformedJSON("frame", "phase")
        }
    }
}

extension Frame.Listening {
    func json(_ table: inout DatumTable) -> JSONValue {
        var object: JSONObject = [:]
        object["consumed"] = .array(consumed.map { table.position(of: $0) })
        object["seen"] = .array(seen.map { .string($0) })
        if !satisfied.isEmpty { object["satisfied"] = .array(satisfied.map { JSONValue($0) }) }
        if !untilSatisfied.isEmpty { object["untilSatisfied"] = .array(untilSatisfied.map { JSONValue($0) }) }
        if !correlations.isEmpty { object["correlations"] = .object(correlations) }
        object.add("current", current.map { JSONValue($0) })
        if !outputs.isEmpty { object["outputs"] = .array(outputs.map { table.position(of: $0) }) }
        if isClosed { object["closed"] = .bool(true) }
        return .object(object)
    }

    init(json: JSONValue, _ values: StoredValues) throws(MalformedJSON) {
        let stored = try StoredObject(json, "listening")
        consumed = try values.list(stored["consumed"], "listening")
        seen = (stored["seen"]?.arrayValue ?? []).compactMap(\.stringValue)
        satisfied = (stored["satisfied"]?.arrayValue ?? []).compactMap(\.intValue)
        untilSatisfied = (stored["untilSatisfied"]?.arrayValue ?? []).compactMap(\.intValue)
        correlations = stored["correlations"]?.objectValue ?? [:]
        current = stored["current"]?.intValue
        outputs = try values.list(stored["outputs"], "listening")
        isClosed = stored["closed"]?.boolValue ?? false
    }
}
