import JSON

extension Frame.ExtensionStage {
    func json(_ table: inout DatumTable) -> JSONValue {
        switch self {
        case .before(let number): return ["before": JSONValue(number)]
        case .task: return [:]
        case .after(let number, let output, let target):
            return ["after": JSONValue(number), "output": table.position(of: output), "target": target.json]
        }
    }

    init(json: JSONValue, _ values: StoredValues) throws(MalformedJSON) {
        let stored = try StoredObject(json, "stage")
        if let number = stored["before"]?.intValue {
            self = .before(number)
        } else if stored["after"] != nil {
            self = .after(
                try stored.integer("after"), output: try values.datum(stored["output"], "stage"),
                target: try FlowTarget(json: try stored.value("target")))
        } else {
            self = .task
        }
    }
}

extension FlowTarget {
    /// A directive's word, or the index of a task.
    var json: JSONValue {
        switch self {
        case .next: "continue"
        case .exit: "exit"
        case .end: "end"
        case .task(let index): JSONValue(index)
        }
    }

    init(json: JSONValue) throws(MalformedJSON) {
        switch json {
        case "continue": self = .next
        case "exit": self = .exit
        case "end": self = .end
        default:
            guard let index = json.intValue, index >= 0 else { throw MalformedJSON("stage", "target") }
            self = .task(index)
        }
    }
}
