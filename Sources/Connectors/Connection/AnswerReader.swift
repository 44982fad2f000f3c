import JQ
import JSON

/// Says what an answer means: the connector's rules first, then what HTTP itself says.
struct AnswerReader {
    let rules: [ErrorRule]
    let isRead: Bool

    func read(_ response: OutboundResponse, _ mapping: ResponseMapping, call: JSONValue) -> Attempt {
        let body = body(of: response, mapping.format)
        var facts = call
        facts.set("status", JSONValue(response.status))
        facts.set("headers", response.headersAsJSON)
        facts.set("body", body ?? .null)
        do {
            for rule in rules where try matches(rule, response.status, facts) {
                return try outcome(of: rule, response, facts)
            }
            guard mapping.success.contains(response.status) else { return usualOutcome(response) }
            guard let body else { return broken(response, "its answer is not JSON") }
            guard let result = mapping.result else { return .succeeded(body) }
            return .succeeded(try result.single(facts, budget: .mapping, place: "result"))
        } catch {
            return broken(response, "its answer cannot be mapped: \(error)")
        }
    }

    /// `nil` when the body should be JSON and is not.
    private func body(of response: OutboundResponse, _ format: ResponseMapping.Format) -> JSONValue? {
        switch format {
        case .none: return .null
        case .text: return .string(String(decoding: response.body, as: UTF8.self))
        case .json:
            if response.body.isEmpty { return .null }
            return try? JSONValue(parsing: response.body)
        }
    }

    private func matches(_ rule: ErrorRule, _ status: Int, _ facts: JSONValue) throws(TemplateError) -> Bool {
        guard rule.statuses.isEmpty || rule.statuses.contains(status) else { return false }
        guard let condition = rule.condition else { return true }
        return try condition.single(facts, budget: .mapping, place: "errors.when") == .bool(true)
    }

    private func outcome(
        of rule: ErrorRule, _ response: OutboundResponse, _ facts: JSONValue
    ) throws(TemplateError) -> Attempt {
        let message = try rule.message?.single(facts, budget: .mapping, place: "errors.message").stringValue
        let failure = failure(response, message)
        switch rule.outcome {
        case .permanent: return .permanent(failure)
        case .retryable: return .retryable(failure, afterSeconds: retryAfter(response))
        case .outcomeUnknown: return .unknown(failure, isWorthRepeating: true)
        case .alreadyDone:
            return .alreadyDone(try rule.result?.single(facts, budget: .mapping, place: "errors.result"))
        }
    }

    /// What a status means where the connector says nothing (RFC 9110, 15).
    private func usualOutcome(_ response: OutboundResponse) -> Attempt {
        let failure = failure(response, nil)
        switch response.status {
        case 408, 425, 429, 503: return .retryable(failure, afterSeconds: retryAfter(response))
        // A server that failed, or a gateway that lost it, may have done the work.
        case 500...599:
            return isRead ? .retryable(failure, afterSeconds: nil) : .unknown(failure, isWorthRepeating: true)
        // A success that the connector does not know.
        case 200...299: return broken(response, "the connector does not expect this status")
        default: return .permanent(failure)
        }
    }

    private func broken(_ response: OutboundResponse, _ reason: String) -> Attempt {
        let failure = CallFailure(
            .communication, status: response.status, "the system answered \(response.status), but \(reason)")
        return isRead ? .permanent(failure) : .unknown(failure, isWorthRepeating: false)
    }

    private func failure(_ response: OutboundResponse, _ message: String?) -> CallFailure {
        let status = response.status
        let kind: CallFailure.Kind =
            switch status {
            case 401: .authentication
            case 403: .authorization
            default: .communication
            }
        let text = message.map { ": " + String($0.prefix(500)) } ?? ""
        return CallFailure(kind, status: status, "the system answered with status \(status)" + text)
    }

    /// Seconds only; a date is as good as the other side's clock.
    private func retryAfter(_ response: OutboundResponse) -> Double? {
        response.header("retry-after").flatMap { Double($0) }.map { min(max(0, $0), 60) }
    }

    /// What the absence of an answer means.
    static func classify(_ failure: OutboundFailure, isRead: Bool) -> Attempt {
        let reason = reason(of: failure)
        switch failure.kind {
        case .egress(let refusal):
            return refusal.reason.isTransient ? .retryable(reason, afterSeconds: nil) : .permanent(reason)
        case .invalidRequest, .tls, .cancelled:
            return failure.wasSent && !isRead ? .unknown(reason, isWorthRepeating: false) : .permanent(reason)
        case .connect: return .retryable(reason, afterSeconds: nil)
        case .timedOut, .closed:
            if isRead || !failure.wasSent { return .retryable(reason, afterSeconds: nil) }
            return .unknown(reason, isWorthRepeating: true)
        case .malformed, .responseTooLarge:
            return isRead || !failure.wasSent ? .permanent(reason) : .unknown(reason, isWorthRepeating: false)
        }
    }

    static func reason(of failure: OutboundFailure) -> CallFailure {
        var description = failure.description
        if case .responseTooLarge = failure.kind { description += "; maximumResponseBytes of the connector sets it" }
        return CallFailure(kind(of: failure.kind), description, cause: failure.kind)
    }

    private static func kind(of kind: OutboundFailure.Kind) -> CallFailure.Kind {
        switch kind {
        case .egress(let refusal): refusal.reason.isTransient ? .communication : .authorization
        case .tls, .connect, .closed, .malformed, .responseTooLarge: .communication
        case .invalidRequest: .invalidArguments
        case .timedOut: .timeout
        case .cancelled: .cancelled
        }
    }
}
