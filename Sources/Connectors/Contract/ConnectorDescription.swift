package import JSON

/// How to talk to one kind of system, declared as a value: no code of a partner runs here, only jq with a budget.
///
/// It is decoded once from `Connectors/<slug>.yaml` (see `ConnectorDecoder`), kept with a connection as JSON, and decoded
/// again by the plant's runner. Every expression in it is compiled, so that a description that exists can be used.
package struct ConnectorDescription: Sendable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case http, smtp
    }

    package var slug: String
    package var version: String
    package var title: String
    package var kind: Kind
    /// The capabilities of which at least one operation is implemented, in the order of the document.
    package var capabilities: [String]
    /// The kinds of authentication that the system takes; a connection uses the first unless it names another.
    package var authentication: [AuthenticationKind]
    package var apiKeyHeader: String?
    package var oauth2: OAuth2Description?
    /// JSON Schema of a connection's `configuration`. HTTP: `baseAddress`; SMTP: `host`, `port`, `security`, `from`.
    package var configurationSchema: JSONValue
    /// The header that carries the idempotency key; `nil` when the system knows none.
    package var idempotencyHeader: String?
    package var limits: CallLimits
    package var rateLimit: RateLimit?
    package var retry: RetryPolicy
    /// Rules for every operation, asked after the operation's own.
    package var errorRules: [ErrorRule]
    /// Implemented operations by the capability's name for them, `work-orders.create`.
    package var operations: [String: OperationDescription]
    /// What the connection's test does: a request without consequences.
    package var test: OperationDescription?

    /// The operation of a capability, when this connector implements it.
    package func operation(_ capability: String, _ name: String) -> OperationDescription? {
        operations["\(capability).\(name)"]
    }
}

package enum AuthenticationKind: String, Sendable, Hashable, CaseIterable {
    case none
    case basic
    case bearer
    case apiKey = "api-key"
    case oauth2ClientCredentials = "oauth2-client-credentials"
}

/// Where tokens come from (RFC 6749, 4.4).
package struct OAuth2Description: Sendable, Hashable {
    /// An absolute address, or a path below the connection's base address.
    package var tokenAddress: String
    package var scope: String?
    /// `true` sends the client's secret in the form body, `false` with basic authentication.
    package var sendsSecretInBody: Bool
}
