package import JSON
package import Primitives

/// One `call: http` or `call: openapi` of a run.
package struct HTTPTaskCall: Sendable {
    /// `http` or `openapi`.
    package var function: String
    /// The evaluated `with` of the task. Secrets are markers of the run (`SecretMarker`), not values.
    package var arguments: JSONValue
    /// The run whose markers are replaced; those of other runs stay text.
    package var runID: String
    /// The same for every try of this task, in whatever process.
    package var idempotencyKey: String
    /// The bound of the whole: fetching tokens and documents, and the call itself.
    package var timeoutSeconds: Double?
    /// An earlier process may have made the call.
    package var mayHaveHappened: Bool

    package init(
        function: String, arguments: JSONValue, runID: String, idempotencyKey: String, timeoutSeconds: Double? = nil,
        mayHaveHappened: Bool = false
    ) {
        self.function = function
        self.arguments = arguments
        self.runID = runID
        self.idempotencyKey = idempotencyKey
        self.timeoutSeconds = timeoutSeconds
        self.mayHaveHappened = mayHaveHappened
    }
}

/// Where the secrets of `use.secrets` come from.
package protocol SecretSource: Sendable {
    /// The secret of that name: a text, or an object whose members are used one by one. `nil` when there is none.
    func secret(_ name: String) -> Redacted<JSONValue>?
}

/// Secrets that are given by value, as a laptop's file of secrets.
package struct GivenSecrets: SecretSource {
    private let values: Redacted<JSONObject>

    package init(_ values: JSONObject) { self.values = Redacted(values) }

    package func secret(_ name: String) -> Redacted<JSONValue>? { values.reveal()[name].map { Redacted($0) } }
}
