import JSON

extension ConnectionTestReport {
    init(_ seen: TestObservation, of connection: Connection, durationMilliseconds: Int) {
        self.init(
            asked: seen.asked, status: seen.status ?? seen.failure?.status, durationMilliseconds: durationMilliseconds)
        guard let failure = seen.failure else { return }
        let isMail = connection.description.kind == .smtp
        let reason = Reason(failure, isPage: seen.isPage, isMail: isMail)
        let detail: String
        if let status = seen.status, !isMail {
            // The connector's rules may quote the answer; the answer may quote the credential.
            detail = "\(seen.asked?.host ?? "the system") answered with status \(status)" + reason.remark
        } else {
            detail = connection.credential.removed(from: failure.detail)
        }
        self.failure = Failure(
            reason: reason, detail: detail, advice: reason.advice(for: failure, connection: connection))
    }

    /// A connection that could not even be set up.
    package init(_ error: Connection.SetupError) {
        // A finding without a place in the configuration is one about the credential.
        let isCredential = error.diagnostics.contains { $0.path.tokens.isEmpty }
        self.init(
            durationMilliseconds: 0,
            failure: Failure(
                reason: isCredential ? .credential : .configuration, detail: error.description,
                advice: isCredential
                    ? "Give the connection a credential that has these parts."
                    : "Correct the connection's configuration."))
    }
}

extension ConnectionTestReport.Reason {
    init(_ failure: CallFailure, isPage: Bool, isMail: Bool) {
        if let cause = failure.cause {
            self.init(cause)
            return
        }
        switch failure.kind {
        case .authentication: self = .credential
        case .authorization: self = .forbidden
        case .configuration, .invalidArguments: self = .configuration
        case .timeout: self = .timeout
        case .cancelled: self = .cancelled
        case .communication, .outcomeUnknown:
            guard !isMail, let status = failure.status else {
                self = isMail && failure.isTransientMail ? .busy : .unexpectedAnswer
                return
            }
            self.init(status: status, isPage: isPage)
        }
    }

    private init(_ cause: OutboundFailure.Kind) {
        switch cause {
        case .egress(let refusal):
            switch refusal.reason {
            case .notListed, .addressNotAllowed, .networkNotOpened: self = .egressRefused
            case .unresolvable: self = .nameNotFound
            case .timedOut: self = .timeout
            case .unreachable, .tooManyTunnels, .malformedRequest: self = .unreachable
            }
        case .tls: self = .tls
        case .connect, .closed: self = .unreachable
        case .invalidRequest: self = .configuration
        case .timedOut: self = .timeout
        case .malformed, .responseTooLarge: self = .unexpectedAnswer
        case .cancelled: self = .cancelled
        }
    }

    private init(status: Int, isPage: Bool) {
        switch status {
        case 300..<400, 404, 405, 410: self = .address
        case 200..<300 where isPage: self = .page
        case 408, 425, 429, 503: self = .busy
        case 500...599: self = .systemError
        default: self = .unexpectedAnswer
        }
    }

    fileprivate var remark: String {
        switch self {
        case .page: ", but with a web page"
        case .unexpectedAnswer: ", but not with what the connector expects"
        default: ""
        }
    }

    fileprivate func advice(for failure: CallFailure, connection: Connection) -> String {
        switch self {
        case .noTest: "Nothing was asked. Add `test` to the connector's description."
        case .configuration: "Correct the connection's configuration or the connector's test."
        case .egressRefused: Self.egressAdvice(failure)
        case .nameNotFound: "Check how the host is written, and whether the control plane's DNS knows it."
        case .unreachable:
            "Check host and port, whether the system runs, and whether a firewall keeps the control plane out."
        case .tls:
            "Trust the system's own authority with `trustedCertificates`, or name its certificate with `tlsServerName`."
        case .credential: "Check the connection's credential and rotate it; it is not accepted as it is."
        case .forbidden: "The credential is known, but its account may not do this. Give the account the right to."
        case .address: "Check `baseAddress`: there is nothing to talk to at this path."
        case .page:
            "Check `baseAddress`: it leads to web pages (often a sign-in page) and not to the system's interface."
        case .busy: "The system takes nothing at the moment. Try again later."
        case .systemError: "The system failed by itself. Ask whoever runs it, with the time of this test."
        case .unexpectedAnswer: "Check whether the connector fits this system and its version."
        case .timeout: "Check host and port. A firewall that drops packets looks like this, and so does a busy system."
        case .cancelled: "Test again."
        }
    }

    private static func egressAdvice(_ failure: CallFailure) -> String {
        guard case .egress(let refusal) = failure.cause else { return "Allow the host in the plant's egress rules." }
        switch refusal.reason {
        case .addressNotAllowed(.metadata): return "This is a cloud's metadata address. A plant's system is not there."
        case .addressNotAllowed(let place) where place.isNeverReachable: return "This address is never reached."
        case .networkNotOpened:
            return
                "The plant's rule allows it, and the platform's operator has not opened this network. Ask for it in the setting private-networks."
        case .addressNotAllowed:
            return
                "If the system is in the plant's own network, put `allowsPrivate: true` on the egress rule of \(refusal.destination)."
        default: return "Allow \(refusal.destination) in the plant's egress rules."
        }
    }
}

extension CallFailure {
    fileprivate var isTransientMail: Bool { status.map { (400..<500).contains($0) } ?? false }
}
