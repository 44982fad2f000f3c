package import JSON
package import Primitives

/// One fact from the world, with the moment at which it became true. The engine has no other clock.
package struct EngineInput: Sendable, Hashable {
    package var at: Timestamp
    package var kind: Kind

    package enum Kind: Sendable, Hashable {
        /// The first input of a run.
        case start(input: JSONValue)
        /// A wait was answered: a call's result, a decision, an event, another run's output; `null` for a timer.
        /// `by` says who or what answered, for the journal (`{"principal":…, "name":…}`), where that is known.
        case succeeded(waitID: String, result: JSONValue, by: JSONValue?)
        /// A wait ended in an error that the definition may catch.
        case failed(waitID: String, error: WorkflowError)
        /// Somebody ended the run.
        case cancel(reason: String)
        /// An operator lets a run go on that had ended in an error or was stopped.
        case reopen(Reopening)
    }

    package init(at: Timestamp, kind: Kind) {
        self.at = at
        self.kind = kind
    }
}

/// An error in the shape of RFC 7807, as the specification defines it.
package struct WorkflowError: Error, Sendable, Hashable {
    /// A URI; the standard's are `https://serverlessworkflow.io/spec/1.0.0/errors/…`.
    package var type: String
    package var status: Int
    package var title: String?
    package var detail: String?
    /// JSON pointer of the task that failed.
    package var instance: String?

    package init(type: String, status: Int, title: String? = nil, detail: String? = nil, instance: String? = nil) {
        self.type = type
        self.status = status
        self.title = title
        self.detail = detail
        self.instance = instance
    }
}
