/// What went wrong, in the terms of RFC 9457. A domain throws it; the web maps it to an answer, once.
///
/// `code` is stable and documented: clients branch on it. `detail` tells the reader what to do next and never holds a
/// secret or anything of another tenant.
public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
    /// One mistake among several, with its place in the input (a JSON pointer, or a file position).
    public struct Item: Sendable, Hashable {
        public var path: String
        public var message: String
        public init(path: String, message: String) {
            self.path = path
            self.message = message
        }
    }

    public var code: Code
    public var detail: String
    public var items: [Item]

    public init(_ code: Code, _ detail: String, items: [Item] = []) {
        self.code = code
        self.detail = detail
        self.items = items
    }

    public var description: String {
        ([code.rawValue + ": " + detail] + items.map { "  \($0.path): \($0.message)" }).joined(separator: "\n")
    }
}

extension Problem {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case invalidRequest = "invalid-request"
        case invalidParameters = "invalid-parameters"
        case invalidEvent = "invalid-event"
        case invalidDefinition = "invalid-definition"
        case unauthenticated
        case forbidden
        case notFound = "not-found"
        case methodNotAllowed = "method-not-allowed"
        case conflict
        case alreadyExists = "already-exists"
        case wrongState = "wrong-state"
        case tenantSuspended = "tenant-suspended"
        case idempotencyKeyReused = "idempotency-key-reused"
        case idempotencyKeyInFlight = "idempotency-key-in-flight"
        case idempotencyOutcomeUnknown = "idempotency-outcome-unknown"
        case idempotencyKeyRequired = "idempotency-key-required"
        case preconditionFailed = "precondition-failed"
        case preconditionRequired = "precondition-required"
        case payloadTooLarge = "payload-too-large"
        case unsupportedMediaType = "unsupported-media-type"
        case notAcceptable = "not-acceptable"
        case tooManyRequests = "too-many-requests"
        case segregationOfDuties = "segregation-of-duties"
        case staleEpoch = "stale-epoch"
        case timeout
        case unavailable
        case internalError = "internal-error"

        /// The HTTP status that the code answers with.
        public var httpStatus: Int {
            switch self {
            case .invalidRequest: 400
            case .unauthenticated: 401
            case .forbidden, .segregationOfDuties, .tenantSuspended: 403
            case .notFound: 404
            case .methodNotAllowed: 405
            case .notAcceptable: 406
            case .conflict, .alreadyExists, .wrongState, .idempotencyKeyInFlight, .idempotencyOutcomeUnknown,
                .staleEpoch:
                409
            case .preconditionFailed: 412
            case .payloadTooLarge: 413
            case .unsupportedMediaType: 415
            case .invalidParameters, .invalidEvent, .invalidDefinition, .idempotencyKeyReused: 422
            case .preconditionRequired, .idempotencyKeyRequired: 428
            case .tooManyRequests: 429
            case .internalError: 500
            case .unavailable: 503
            case .timeout: 504
            }
        }

        /// Whether the same request may succeed later, unchanged.
        public var isRetryable: Bool {
            switch self {
            case .idempotencyKeyInFlight, .tooManyRequests, .unavailable, .timeout: true
            default: false
            }
        }
    }

    /// The one answer for what does not exist and for what belongs to somebody else (invariant 3).
    public static func notFound(_ what: String) -> Problem { Problem(.notFound, "There is no such \(what).") }
}
