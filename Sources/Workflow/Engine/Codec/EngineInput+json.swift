package import JSON
import Primitives

extension EngineInput {
    /// `{"at":…,"kind":"start"|"succeeded"|"failed"|"cancel"|"reopen", …}`; `at` is microseconds since 1970.
    package var json: JSONValue {
        var object: JSONObject = ["at": at.json]
        switch kind {
        case .start(let input):
            object["kind"] = "start"
            object["input"] = input
        case .succeeded(let waitID, let result, let by):
            object["kind"] = "succeeded"
            object["wait"] = .string(waitID)
            object["result"] = result
            object.add("by", by)
        case .failed(let waitID, let error):
            object["kind"] = "failed"
            object["wait"] = .string(waitID)
            object["error"] = error.json
        case .cancel(let reason):
            object["kind"] = "cancel"
            object["reason"] = .string(reason)
        case .reopen(let reopening):
            object["kind"] = "reopen"
            object["reopening"] = reopening.json
        }
        return .object(object)
    }

    package init(json: JSONValue) throws(MalformedJSON) {
        let stored = try StoredObject(json, "input")
        let kind: Kind
        switch try stored.string("kind") {
        case "start": kind = .start(input: try stored.value("input"))
        case "succeeded":
            kind = .succeeded(
                waitID: try stored.string("wait"), result: try stored.value("result"), by: stored["by"])
        case "failed":
            kind = .failed(
                waitID: try stored.string("wait"), error: try WorkflowError(json: try stored.value("error")))
        case "cancel": kind = .cancel(reason: try stored.string("reason"))
        case "reopen": kind = .reopen(try Reopening(json: try stored.value("reopening")))
        default: throw MalformedJSON("input", "kind")
        }
        self.init(at: try stored.moment("at"), kind: kind)
    }
}
