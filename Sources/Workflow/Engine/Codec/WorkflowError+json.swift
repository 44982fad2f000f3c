package import JSON

extension WorkflowError {
    /// RFC 7807: `{"type":…,"status":…,"title"?,"detail"?,"instance"?}`; what a `catch` variable holds.
    package var json: JSONValue {
        var object: JSONObject = ["type": .string(type), "status": JSONValue(status)]
        object.add("title", title.map { .string($0) })
        object.add("detail", detail.map { .string($0) })
        object.add("instance", instance.map { .string($0) })
        return .object(object)
    }

    package init(json: JSONValue) throws(MalformedJSON) {
        let stored = try StoredObject(json, "error")
        self.init(
            type: try stored.string("type"), status: try stored.integer("status"),
            title: stored["title"]?.stringValue, detail: stored["detail"]?.stringValue,
            instance: stored["instance"]?.stringValue)
    }
}
