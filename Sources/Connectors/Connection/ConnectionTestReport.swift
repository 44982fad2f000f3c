/// What the test of a connection came to, for people. It holds neither a credential nor a word of the system's answer:
/// an answer could repeat what it was sent.
package struct ConnectionTestReport: Sendable, Hashable {
    /// What was asked, without query, headers and body.
    package struct Asked: Sendable, Hashable {
        /// `GET`; for mail the commands of the session.
        package var method: String
        /// `host` or `host:port`.
        package var host: String
        /// `nil` for mail.
        package var path: String?

        package init(method: String, host: String, path: String?) {
            self.method = method
            self.host = host
            self.path = path
        }
    }

    /// The classes of failure, each with its own thing to do next. Stable, for clients.
    package enum Reason: String, Sendable, Hashable, CaseIterable {
        case noTest = "no-test"
        case configuration
        case egressRefused = "egress-refused"
        case nameNotFound = "name-not-found"
        case unreachable
        case tls
        case credential
        case forbidden
        case address
        case page
        case busy
        case systemError = "system-error"
        case unexpectedAnswer = "unexpected-answer"
        case timeout
        case cancelled
    }

    package struct Failure: Sendable, Hashable {
        package var reason: Reason
        /// What happened.
        package var detail: String
        /// What to do next.
        package var advice: String
    }

    package var asked: Asked?
    /// HTTP's status, or the code of the mail server's last reply.
    package var status: Int?
    package var durationMilliseconds: Int
    package var failure: Failure?

    package var isOK: Bool { failure == nil }
}

/// What a driver saw of one test.
struct TestObservation: Sendable {
    var asked: ConnectionTestReport.Asked?
    var status: Int?
    var failure: CallFailure?
    /// Whether the answer is a page for people where a system should answer.
    var isPage = false
}

extension ConnectionTestReport {
    /// A test that could not begin.
    package init(notBegunBecause reason: Reason, _ detail: String, advice: String) {
        self.init(durationMilliseconds: 0, failure: Failure(reason: reason, detail: detail, advice: advice))
    }
}
