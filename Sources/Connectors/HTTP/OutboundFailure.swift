/// Why there is no answer. Never holds a header, a body or a credential.
package struct OutboundFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        case egress(EgressRefusal)
        case connect
        case tls(String)
        case invalidRequest(String)
        /// No answer, or not all of it, within the time.
        case timedOut
        /// The connection ended before the answer did.
        case closed
        /// The answer is not HTTP, or its headers are too long.
        case malformed(String)
        case responseTooLarge(limitBytes: Int)
        case cancelled
    }

    package var kind: Kind
    /// Whether any of the request may have reached the other side: then nobody knows whether it was acted on.
    package var wasSent: Bool

    package init(_ kind: Kind, wasSent: Bool) {
        self.kind = kind
        self.wasSent = wasSent
    }

    package var description: String {
        switch kind {
        case .egress(let refusal): refusal.description
        case .connect: "the system does not take connections"
        case .tls(let reason): "no trusted TLS connection: \(reason)"
        case .invalidRequest(let reason): reason
        case .timedOut: "the system did not answer in time"
        case .closed: "the connection ended before the answer was complete"
        case .malformed(let reason): "the answer is not valid HTTP: \(reason)"
        case .responseTooLarge(let limit): "the answer is larger than the limit of \(limit) bytes"
        case .cancelled: "the call was given up"
        }
    }
}
