package import JSON

/// How a call of a capability ended.
package enum CallOutcome: Sendable {
    case succeeded(JSONValue)
    case failed(CallFailure)
}

/// Why a call failed. Holds neither a credential nor what a system answered beyond a short message of a mapping.
package struct CallFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The caller's arguments do not comply with the capability.
        case invalidArguments = "invalid-arguments"
        /// The connection or the connector is not set up for this.
        case configuration
        /// The system does not accept the credential.
        case authentication
        /// The plant's egress rules, or the system, do not allow it.
        case authorization
        /// The system cannot be reached, or refuses, or answers what cannot be understood.
        case communication
        case timeout
        /// It may or may not have been done, and nothing told which.
        case outcomeUnknown = "outcome-unknown"
        case cancelled
    }

    package var kind: Kind
    /// The system's status, when it answered with one.
    package var status: Int?
    package var detail: String
    /// Why there was no answer, when there was none.
    package var cause: OutboundFailure.Kind?

    package init(_ kind: Kind, status: Int? = nil, _ detail: String, cause: OutboundFailure.Kind? = nil) {
        self.kind = kind
        self.status = status
        self.detail = detail
        self.cause = cause
    }

    package var description: String { "\(kind.rawValue): \(detail)" }
}

/// What one try of a call came to.
enum Attempt {
    case succeeded(JSONValue)
    /// An earlier try did it; without a result the look-up has it.
    case alreadyDone(JSONValue?)
    /// Nothing was done.
    case permanent(CallFailure)
    /// Nothing was done; later it may be. `afterSeconds` is the system's own wish.
    case retryable(CallFailure, afterSeconds: Double?)
    /// Nobody knows. `isWorthRepeating` is false when the same request would end the same way.
    case unknown(CallFailure, isWorthRepeating: Bool)
}
