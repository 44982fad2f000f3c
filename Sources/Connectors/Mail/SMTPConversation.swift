import Primitives

/// The client's side of one SMTP session (RFC 5321, 3207, 4954) as a pure machine: replies in, what to do next out.
struct SMTPConversation {
    struct Letter: Sendable {
        var sender: MailAddress
        var recipients: [MailAddress]
        /// The whole message, CRLF line ends, not yet dot-stuffed.
        var content: String
    }

    enum Action: Sendable {
        case send(String)
        case startTLS
        case finish(Outcome)
    }

    enum Outcome: Sendable, Hashable {
        /// The server took the letter, or, without one, let us in.
        case accepted(String, code: Int)
        /// The server said no; nothing was taken. Without a code it is this side that would not go on.
        case refused(kind: CallFailure.Kind, reason: String, isTransient: Bool, code: Int?)
    }

    private enum Step {
        case greeting, hello, startTLS, helloAfterTLS
        case authPlain, authLogin, authLoginName, authLoginPassword
        case mailFrom
        case recipient(Int)
        case data, content
        /// Without a letter: asks whether the server listens to whom it let in.
        case noop
        case done
    }

    private let security: MailServer.Security
    private let clientName: String
    private let username: String?
    private let password: Redacted<String>?
    private let letter: Letter?
    private var step = Step.greeting

    /// From the moment the letter's last line is sent until the reply to it, nobody knows whether it was taken.
    private(set) var isLetterOnItsWay = false

    init(
        security: MailServer.Security, clientName: String, username: String?, password: Redacted<String>?,
        letter: Letter?
    ) {
        self.security = security
        self.clientName = clientName
        self.username = username
        self.password = password
        self.letter = letter
    }

    mutating func receive(_ reply: SMTPReply) -> Action {
        switch step {
        case .greeting: return reply.code == 220 ? hello(.hello) : refuse(reply)
        case .hello:
            guard reply.isPositive else { return refuse(reply) }
            if security == .starttls { return startTLS(reply) }
            return logIn(reply)
        case .startTLS: return reply.code == 220 ? .startTLS : refuse(reply, .communication)
        case .helloAfterTLS: return reply.isPositive ? logIn(reply) : refuse(reply)
        case .authPlain, .authLoginPassword:
            return reply.isPositive ? mailFrom() : refuse(reply, .authentication)
        case .authLogin: return sendSecret(reply, username ?? "", then: .authLoginName)
        case .authLoginName: return sendSecret(reply, password?.reveal() ?? "", then: .authLoginPassword)
        case .mailFrom: return reply.isPositive ? recipient(0) : refuse(reply)
        case .recipient(let index): return reply.isPositive ? recipient(index + 1) : refuse(reply)
        case .data: return reply.code == 354 ? content() : refuse(reply)
        case .content:
            isLetterOnItsWay = false
            return reply.isPositive ? finish(.accepted(reply.summary, code: reply.code)) : refuse(reply)
        case .noop: return reply.isPositive ? finish(.accepted(reply.summary, code: reply.code)) : refuse(reply)
        case .done: return finish(.accepted("", code: reply.code))
        }
    }

    /// TLS is established: what was said before does not count.
    mutating func secured() -> Action { hello(.helloAfterTLS) }

    private mutating func hello(_ next: Step) -> Action {
        step = next
        return .send("EHLO \(clientName)\r\n")
    }

    private mutating func startTLS(_ reply: SMTPReply) -> Action {
        guard reply.lines.contains(where: { $0.uppercased() == "STARTTLS" }) else {
            let reason = "the mail server does not offer STARTTLS, and nothing is sent without it"
            return finish(.refused(kind: .configuration, reason: reason, isTransient: false, code: nil))
        }
        step = .startTLS
        return .send("STARTTLS\r\n")
    }

    private mutating func logIn(_ reply: SMTPReply) -> Action {
        guard let username, let password else { return mailFrom() }
        let methods = reply.lines.map { $0.uppercased() }.first { $0.hasPrefix("AUTH") }?.split(separator: " ") ?? []
        if methods.contains("PLAIN") {
            step = .authPlain
            let secret = [0] + Array(username.utf8) + [0] + Array(password.reveal().utf8)
            return .send("AUTH PLAIN \(Base64.encode(secret))\r\n")
        }
        if methods.contains("LOGIN") {
            step = .authLogin
            return .send("AUTH LOGIN\r\n")
        }
        let reason = "the mail server offers neither AUTH PLAIN nor AUTH LOGIN"
        return finish(.refused(kind: .configuration, reason: reason, isTransient: false, code: nil))
    }

    private mutating func sendSecret(_ reply: SMTPReply, _ secret: String, then next: Step) -> Action {
        guard reply.code == 334 else { return refuse(reply, .authentication) }
        step = next
        return .send(Base64.encode(Array(secret.utf8)) + "\r\n")
    }

    private mutating func mailFrom() -> Action {
        guard let letter else {
            step = .noop
            return .send("NOOP\r\n")
        }
        step = .mailFrom
        return .send("MAIL FROM:<\(letter.sender)>\r\n")
    }

    /// Every recipient or nobody: a letter that reached some of its readers cannot be sent again.
    private mutating func recipient(_ index: Int) -> Action {
        guard let letter, index < letter.recipients.count else {
            step = .data
            return .send("DATA\r\n")
        }
        step = .recipient(index)
        return .send("RCPT TO:<\(letter.recipients[index])>\r\n")
    }

    private mutating func content() -> Action {
        step = .content
        isLetterOnItsWay = true
        return .send(Self.dotStuffed(letter?.content ?? "") + ".\r\n")
    }

    private mutating func refuse(_ reply: SMTPReply, _ kind: CallFailure.Kind = .communication) -> Action {
        finish(
            .refused(
                kind: kind, reason: "the mail server answered \(reply.summary)", isTransient: reply.isTransient,
                code: reply.code))
    }

    private mutating func finish(_ outcome: Outcome) -> Action {
        step = .done
        return .finish(outcome)
    }

    /// A line that begins with a dot gets another, so that it does not end the letter (RFC 5321, 4.5.2).
    static func dotStuffed(_ content: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(content.utf8.count + 16)
        var isLineStart = true
        for byte in content.utf8 {
            if isLineStart, byte == UInt8(ascii: ".") { bytes.append(byte) }
            bytes.append(byte)
            isLineStart = byte == 0x0A
        }
        if !isLineStart { bytes += [0x0D, 0x0A] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
