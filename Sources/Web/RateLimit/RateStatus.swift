import HTTPTypes
import Hummingbird
import Primitives

/// What a caller is told about its limit (draft-ietf-httpapi-ratelimit-headers).
struct RateStatus: Sendable {
    var limit: RequestRate
    var decision: RateDecision

    func write(to headers: inout HTTPFields) {
        headers[.rateLimitLimit] = String(limit.burst)
        headers[.rateLimitRemaining] = String(decision.remaining)
        headers[.rateLimitReset] = String(Int(decision.resetSeconds.rounded(.up)))
    }
}

/// 429, and when to come back.
struct RateRefusal: Error {
    var status: RateStatus
    var problem: Problem

    init(_ status: RateStatus, _ detail: String) {
        self.status = status
        problem = Problem(.tooManyRequests, detail)
    }

    func response(requestID: String) -> Response {
        var response = problem.response(requestID: requestID)
        write(to: &response.headers)
        return response
    }

    func write(to headers: inout HTTPFields) {
        status.write(to: &headers)
        headers[.retryAfter] = String(max(1, Int(status.decision.retryAfterSeconds.rounded(.up))))
    }
}

extension HTTPField.Name {
    static let rateLimitLimit = HTTPField.Name("RateLimit-Limit")!
    static let rateLimitRemaining = HTTPField.Name("RateLimit-Remaining")!
    static let rateLimitReset = HTTPField.Name("RateLimit-Reset")!
}
