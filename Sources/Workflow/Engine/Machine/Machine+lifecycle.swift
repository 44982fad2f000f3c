import JSON
import Primitives

/// Lifecycle events, where they are asked for.
extension Machine {
    mutating func tell(
        _ kind: LifecycleEvent.Kind, of taskReference: String? = nil, details: JSONObject = [:]
    ) {
        guard engine.tellsLifecycle else { return }
        state.counters.lifecycleEvents += 1
        let event = LifecycleEvent(kind, of: taskReference, at: now, details: details)
        lifecycle.append(
            event.cloudEvent(
                of: engine.facts.runID, engine.definition.header, number: state.counters.lifecycleEvents))
    }

    /// Open tasks that end because something around them did.
    mutating func tellCancelled(_ frames: [Frame]) {
        guard engine.tellsLifecycle else { return }
        for frame in frames where frame.task >= 0 {
            // The frame of a task's extensions is not the task itself.
            if case .extending = frame.phase { continue }
            tell(.taskCancelled, of: frame.reference)
        }
    }

    mutating func setStatus(_ status: RunStatus) {
        guard state.status != status else { return }
        state.status = status
        guard engine.tellsLifecycle else { return }
        tell(.workflowStatusChanged, details: ["status": .string(status.rawValue)])
    }

    var definitionReference: JSONValue {
        let header = engine.definition.header
        return [
            "name": .string(header.name), "namespace": .string(header.namespace), "version": .string(header.version),
        ]
    }
}

extension WorkflowError {
    var asDetail: JSONObject { ["error": json] }
}
