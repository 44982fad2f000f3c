package import JSON
import Primitives

extension Reopening {
    /// `{"journal": …, "task": …, "input": …, "transformed": true}`.
    package var json: JSONValue {
        var object: JSONObject = ["journal": JSONValue(journalLength)]
        object.add("task", taskReference.map { .string($0) })
        object.add("input", input)
        if isTransformed { object["transformed"] = .bool(true) }
        return .object(object)
    }

    package init(json: JSONValue) throws(MalformedJSON) {
        let stored = try StoredObject(json, "reopening")
        self.init(
            journalLength: try stored.integer("journal"), taskReference: stored["task"]?.stringValue,
            input: stored["input"], isTransformed: stored["transformed"]?.boolValue ?? false)
    }
}

extension FailedTask {
    func json(_ table: inout DatumTable) -> JSONValue {
        var object: JSONObject = [
            "task": .string(reference), "parent": JSONValue(parent), "input": table.position(of: input),
            "failedAt": failedAt.json,
        ]
        if branch != 0 { object["branch"] = JSONValue(branch) }
        return .object(object)
    }

    init(json: JSONValue, _ values: StoredValues) throws(MalformedJSON) {
        let stored = try StoredObject(json, "failure")
        self.init(
            reference: try stored.string("task"), parent: try stored.integer("parent"),
            branch: stored["branch"]?.intValue ?? 0, input: try values.datum(stored["input"], "failure"),
            failedAt: try stored.moment("failedAt"))
    }
}
