import NIOCore

extension CallFailure {
    /// There is no answer to the call itself.
    ///
    /// - Parameter isSafe: asking again changes nothing, so that it does not matter whether the request arrived.
    init(ofCall failure: OutboundFailure, isSafe: Bool) {
        if failure.wasSent, !isSafe, failure.kind != .cancelled {
            self.init(.outcomeUnknown, "outcome unknown: \(failure.description)", cause: failure.kind)
        } else {
            self.init(Self.kind(of: failure.kind), failure.description, cause: failure.kind)
        }
    }

    /// What the call needs first (a token, a document) cannot be had: nothing of the call was done.
    init(beforeTheCall failure: OutboundFailure, _ what: String) {
        self.init(Self.kind(of: failure.kind), "\(what): \(failure.description)", cause: failure.kind)
    }

    private static func kind(of kind: OutboundFailure.Kind) -> Kind {
        switch kind {
        case .egress(let refusal):
            refusal.reason == .timedOut ? .timeout : refusal.reason.isTransient ? .communication : .authorization
        case .invalidRequest: .invalidArguments
        case .timedOut: .timeout
        case .cancelled: .cancelled
        case .connect, .tls, .closed, .malformed, .responseTooLarge: .communication
        }
    }
}

extension NIODeadline {
    /// Seconds from now, and never quite none: the client turns that into a timeout.
    var secondsLeft: Double { max(0.001, Double((self - .now()).nanoseconds) / 1e9) }
}
