package import JQ

/// One operation: what is sent, how the answer is read, and what an answer that is not a success means.
package struct OperationDescription: Sendable {
    package var request: RequestTemplate
    package var response: ResponseMapping
    package var errorRules: [ErrorRule]
    /// Whether the system does the work once however often it is asked with the same idempotency key.
    package var isRepeatable: Bool
    /// How to find out whether a call whose outcome is unknown was done. `nil` leaves the capability's own way.
    package var lookUp: LookUpDescription?
    /// The bound of one try; `nil` leaves the connector's.
    package var timeoutSeconds: Double?
}

/// A request, as expressions over `{arguments, configuration, idempotencyKey}`.
package struct RequestTemplate: Sendable {
    package var method: String
    package var path: PathTemplate
    /// Name → expression; `null` leaves the parameter out, an array repeats it.
    package var query: [(name: String, value: JQProgram)]
    /// Name → expression; `null` leaves the header out.
    package var headers: [(name: String, value: JQProgram)]
    /// The JSON body, or for mail the message; `nil` sends none.
    package var body: JQProgram?
}

package struct ResponseMapping: Sendable {
    package enum Format: String, Sendable, Hashable, CaseIterable {
        /// The body must be JSON; anything else is a broken answer.
        case json
        case text
        /// The body is not looked at.
        case none
    }

    /// Statuses that are a success.
    package var success: Set<Int>
    package var format: Format
    /// Over `{status, headers, body, arguments, configuration}`; `nil` takes the body as it is.
    package var result: JQProgram?
}

/// What an answer means, when it is not a success. The first rule that matches decides.
package struct ErrorRule: Sendable {
    package enum Outcome: String, Sendable, Hashable, CaseIterable {
        /// Nothing was done, and the same request may succeed later.
        case retryable
        /// Nothing was done, and asking again changes nothing.
        case permanent
        /// It may or may not have been done.
        case outcomeUnknown = "outcome-unknown"
        /// An earlier try with this key did it.
        case alreadyDone = "already-done"
    }

    /// Statuses that the rule is for; empty for every status.
    package var statuses: Set<Int>
    /// A condition over `{status, headers, body, arguments, configuration}`; `nil` for none.
    package var condition: JQProgram?
    package var outcome: Outcome
    /// For `already-done`: the operation's result. `nil` asks the look-up.
    package var result: JQProgram?
    /// A sentence for the error; `nil` names the status.
    package var message: JQProgram?
}

/// A read that tells whether a write was done.
package struct LookUpDescription: Sendable {
    package var request: RequestTemplate
    /// Its mapping yields the operation's result when the work was done, and `null` when it was not.
    package var response: ResponseMapping
}
