package import JSON
package import Primitives

/// Something that a run needs from the world before it can go on. The engine opens a wait; whoever performs it answers
/// with an `EngineInput` that names its `id`.
package struct Wait: Sendable, Hashable {
    /// Unique within the run and the same whenever the run is advanced again from the same state:
    /// the task reference, `#`, and how many times that task was entered. Effects derive their idempotency key from it.
    package var id: String
    /// JSON pointer of the task in the definition, `/do/2/openTicket`.
    package var taskReference: String
    /// 1 for the first try of the task, counted up by `retry`.
    package var attempt: Int
    package var openedAt: Timestamp
    package var kind: Kind

    package enum Kind: Sendable, Hashable {
        /// Performed by the plant's runner.
        case call(CallRequest)
        /// Answered with `.fired` at or after `dueAt`.
        case timer(dueAt: Timestamp)
        /// Answered with the event that matched.
        case event(EventFilter)
        /// Answered with the decision.
        case humanTask(HumanTaskRequest)
        /// Answered at once with how the clock stands; the evaluated `with` of `sla:1.0.0@default` (`ServiceLevelRequest`).
        case serviceLevel(arguments: JSONValue)
        /// Answered with the output or the error of the other run.
        case childRun(ChildRunRequest)
    }

    package init(id: String, taskReference: String, attempt: Int, openedAt: Timestamp, kind: Kind) {
        self.id = id
        self.taskReference = taskReference
        self.attempt = attempt
        self.openedAt = openedAt
        self.kind = kind
    }
}

/// One call to another system.
package struct CallRequest: Sendable, Hashable {
    /// `http`, or a function of the default catalog: `work-orders.create:1.0.0@default`.
    package var function: String
    /// The evaluated `with` of the task.
    package var arguments: JSONValue
    /// The bound of one try, from the task's `timeout`; `nil` leaves it to the connector.
    package var timeoutSeconds: Double?
    /// Only markers of secrets that name this are the run's own; `nil` when the definition has no secrets.
    package var secretScope: String?

    package init(
        function: String, arguments: JSONValue, timeoutSeconds: Double? = nil, secretScope: String? = nil
    ) {
        self.function = function
        self.arguments = arguments
        self.timeoutSeconds = timeoutSeconds
        self.secretScope = secretScope
    }
}

/// Which event a `listen` task takes: every given CloudEvents attribute must be equal, `data` conditions are jq
/// expressions that must yield `true` on the event.
package struct EventFilter: Sendable, Hashable {
    /// Attributes that must be equal, after evaluation: `type`, `source`, `subject`, …
    package var attributes: [String: String]
    /// A jq condition on the event as a whole (`.data.lot == "…"`), already closed over the run's values; `nil` for none.
    package var condition: String?
    /// Values for the variables of `condition`, by name without `$`.
    package var variables: JSONValue
    /// The wait takes every matching event until the engine closes it, not only the first: an answer leaves it open.
    package var takesMany: Bool

    package init(
        attributes: [String: String], condition: String? = nil, variables: JSONValue = .object([:]),
        takesMany: Bool = false
    ) {
        self.attributes = attributes
        self.condition = condition
        self.variables = variables
        self.takesMany = takesMany
    }
}

/// Work for people; `arguments` is the evaluated `with` of `human-task:1.0.0@default`, which `HumanTaskArguments` reads.
package struct HumanTaskRequest: Sendable, Hashable {
    package var arguments: JSONValue
    package init(arguments: JSONValue) { self.arguments = arguments }
}

/// Another workflow of the same plant, by its document's namespace and name.
package struct ChildRunRequest: Sendable, Hashable {
    package var namespace: String
    package var name: String
    package var version: String
    package var input: JSONValue
    /// `false` starts it and goes on: the answer is then `{ "runId": … }` as soon as it is started.
    package var awaitsCompletion: Bool

    package init(namespace: String, name: String, version: String, input: JSONValue, awaitsCompletion: Bool = true) {
        self.namespace = namespace
        self.name = name
        self.version = version
        self.input = input
        self.awaitsCompletion = awaitsCompletion
    }
}
