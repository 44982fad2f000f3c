package import JSON
import Primitives

extension JournalEntry {
    /// `{"ordinal","kind","task"?,"taskType"?,"function"?,"attempt","startedAt","endedAt","input"?,"output"?,"error"?,
    /// "detail"?}`; moments are microseconds since 1970.
    package var json: JSONValue {
        var object: JSONObject = ["ordinal": JSONValue(ordinal), "kind": .string(kind.rawValue)]
        object.add("task", taskReference.map { .string($0) })
        object.add("taskType", taskType.map { .string($0) })
        object.add("function", function.map { .string($0) })
        object["attempt"] = JSONValue(attempt)
        object["startedAt"] = startedAt.json
        object["endedAt"] = endedAt.json
        object.add("input", input)
        object.add("output", output)
        object.add("error", error?.json)
        object.add("detail", detail)
        return .object(object)
    }

    package init(json: JSONValue) throws(MalformedJSON) {
        let stored = try StoredObject(json, "journal entry")
        var error: WorkflowError?
        if let value = stored["error"] { error = try WorkflowError(json: value) }
        self.init(
            ordinal: try stored.integer("ordinal"), kind: try stored.choice("kind", as: Kind.self),
            taskReference: stored["task"]?.stringValue, taskType: stored["taskType"]?.stringValue,
            function: stored["function"]?.stringValue, attempt: try stored.integer("attempt"),
            startedAt: try stored.moment("startedAt"), endedAt: try stored.moment("endedAt"),
            input: stored["input"], output: stored["output"], error: error, detail: stored["detail"])
    }

    /// Whether the entry counts as a task run for billing: tasks that do the work, each time they ended, also when they
    /// ended in an error. Tasks that only hold others (`do`, `for`, `try`, `fork`) are free.
    package static func isMetered(_ entry: JournalEntry) -> Bool { isMetered(entry.kind, taskType: entry.taskType) }

    package static func isMetered(_ kind: Kind, taskType: String?) -> Bool {
        guard kind == .taskCompleted || kind == .taskFaulted, let taskType else { return false }
        return TaskKind(rawValue: taskType).map { !$0.isContainer } ?? true
    }
}
