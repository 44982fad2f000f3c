import JSON
import Workflow

/// Waits, inputs and errors have one JSON form, which the engine's stored state uses too.
extension Wait: MessageReadable {
    init(message: JSONValue) throws(MessageProblem) {
        do { self = try Wait(json: message) } catch { throw MessageProblem(path: error.key, "is missing or wrong") }
    }
}

extension EngineInput: MessageReadable {
    init(message: JSONValue) throws(MessageProblem) {
        do { self = try EngineInput(json: message) } catch {
            throw MessageProblem(path: error.key, "is missing or wrong")
        }
    }
}

extension WorkflowError: MessageReadable {
    init(message: JSONValue) throws(MessageProblem) {
        do { self = try WorkflowError(json: message) } catch {
            throw MessageProblem(path: error.key, "is missing or wrong")
        }
    }
}
