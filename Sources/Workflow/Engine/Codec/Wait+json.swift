package import JSON
import Primitives

extension Wait {
    /// `{"id","task","attempt","openedAt","kind":"call"|"timer"|"event"|"human-task"|"sla"|"child-run", …}`; moments are
    /// microseconds since 1970.
    package var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id), "task": .string(taskReference), "attempt": JSONValue(attempt),
            "openedAt": openedAt.json, "kind": .string(kind.name),
        ]
        switch kind {
        case .call(let call):
            object["function"] = .string(call.function)
            object["arguments"] = call.arguments
            object.add("timeoutSeconds", call.timeoutSeconds.map { JSONValue($0) })
            object.add("secretScope", call.secretScope.map { .string($0) })
        case .timer(let dueAt): object["dueAt"] = dueAt.json
        case .event(let filter): object["filter"] = filter.json
        case .humanTask(let request): object["arguments"] = request.arguments
        case .serviceLevel(let arguments): object["arguments"] = arguments
        case .childRun(let request): object["request"] = request.json
        }
        return .object(object)
    }

    package init(json: JSONValue) throws(MalformedJSON) {
        let stored = try StoredObject(json, "wait")
        self.init(
            id: try stored.string("id"), taskReference: try stored.string("task"),
            attempt: try stored.integer("attempt"), openedAt: try stored.moment("openedAt"),
            kind: try Kind(stored))
    }
}

extension Wait.Kind {
    package var name: String {
        switch self {
        case .call: "call"
        case .timer: "timer"
        case .event: "event"
        case .humanTask: "human-task"
        case .serviceLevel: "sla"
        case .childRun: "child-run"
        }
    }

    init(_ stored: StoredObject) throws(MalformedJSON) {
        switch try stored.string("kind") {
        case "call":
            self = .call(
                CallRequest(
                    function: try stored.string("function"), arguments: try stored.value("arguments"),
                    timeoutSeconds: stored["timeoutSeconds"]?.doubleValue,
                    secretScope: stored["secretScope"]?.stringValue))
        case "timer": self = .timer(dueAt: try stored.moment("dueAt"))
        case "event": self = .event(try EventFilter(json: try stored.value("filter")))
        case "human-task": self = .humanTask(HumanTaskRequest(arguments: try stored.value("arguments")))
        case "sla": self = .serviceLevel(arguments: try stored.value("arguments"))
        case "child-run": self = .childRun(try ChildRunRequest(json: try stored.value("request")))
        default: throw MalformedJSON("wait", "kind")
        }
    }
}

extension EventFilter {
    /// `{"attributes":{…},"condition"?,"variables"?,"takesMany"?}`.
    package var json: JSONValue {
        let sorted = attributes.sorted { $0.key < $1.key }
        var object: JSONObject = [
            "attributes": .object(JSONObject(uniqueKeysWithValues: sorted.map { ($0.key, .string($0.value)) }))
        ]
        object.add("condition", condition.map { .string($0) })
        if variables.objectValue?.isEmpty == false { object["variables"] = variables }
        if takesMany { object["takesMany"] = .bool(true) }
        return .object(object)
    }

    package init(json: JSONValue) throws(MalformedJSON) {
        let stored = try StoredObject(json, "event filter")
        var attributes: [String: String] = [:]
        for (name, value) in try StoredObject(try stored.value("attributes"), "event filter attributes").object {
            guard let text = value.stringValue else { throw MalformedJSON("event filter", name) }
            attributes[name] = text
        }
        self.init(
            attributes: attributes, condition: stored["condition"]?.stringValue,
            variables: stored["variables"] ?? .object([:]), takesMany: stored["takesMany"]?.boolValue ?? false)
    }
}

extension ChildRunRequest {
    package var json: JSONValue {
        [
            "namespace": .string(namespace), "name": .string(name), "version": .string(version), "input": input,
            "awaitsCompletion": .bool(awaitsCompletion),
        ]
    }

    package init(json: JSONValue) throws(MalformedJSON) {
        let stored = try StoredObject(json, "child run")
        guard let awaits = stored["awaitsCompletion"]?.boolValue else {
            throw MalformedJSON("child run", "awaitsCompletion")
        }
        self.init(
            namespace: try stored.string("namespace"), name: try stored.string("name"),
            version: try stored.string("version"), input: try stored.value("input"), awaitsCompletion: awaits)
    }
}
