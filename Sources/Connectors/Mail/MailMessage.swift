package import JSON
package import Primitives

/// A message as it travels: headers and MIME parts, pure ASCII, lines of at most 998 bytes (RFC 5322, RFC 2045–2047).
package struct MailMessage: Sendable {
    package enum Priority: String, Sendable, Hashable, CaseIterable {
        case low, normal, high
    }

    package var sender: MailAddress
    package var senderName: String?
    package var recipients: [MailAddress]
    package var subject: String
    package var text: String
    package var html: String?
    package var priority: Priority
    package var sentAt: Timestamp
    /// Becomes the Message-ID, so that a message that arrives twice can be recognised.
    package var idempotencyKey: String

    package struct ContentError: Error, Sendable, CustomStringConvertible {
        package var description: String
    }

    /// A message of the `messages` capability. What holds a line break where a header has one line is refused, because
    /// it would begin another header.
    package init(
        arguments: JSONValue, server: MailServer, idempotencyKey: String, sentAt: Timestamp
    ) throws(ContentError) {
        var recipients: [MailAddress] = []
        for element in arguments["to"]?.arrayValue ?? [] {
            guard let address = element.stringValue.flatMap({ MailAddress($0) }) else {
                throw ContentError(description: "`to` holds something that is not a mail address")
            }
            if !recipients.contains(address) { recipients.append(address) }
        }
        guard !recipients.isEmpty else { throw ContentError(description: "`to` is empty") }
        let subject = arguments["subject"]?.stringValue ?? ""
        guard Self.isOneLine(subject), Self.isOneLine(server.senderName ?? "") else {
            throw ContentError(description: "a subject is one line without control characters")
        }
        sender = server.sender
        senderName = server.senderName
        self.recipients = recipients
        self.subject = subject
        text = arguments["text"]?.stringValue ?? ""
        html = arguments["html"]?.stringValue
        priority = arguments["priority"]?.stringValue.flatMap(Priority.init) ?? .normal
        self.sentAt = sentAt
        self.idempotencyKey = idempotencyKey
    }

    package var messageID: String {
        let key = String(idempotencyKey.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "." })
        return "<\(key)@\(sender.domain)>"
    }

    /// The message with CRLF line ends, as it stands before dot-stuffing.
    package func encoded() -> String {
        var lines = headers()
        // No encoded part can hold this line: an equals sign is always written as `=3D` in them.
        let boundary = "=_millwright_\(idempotencyKey.utf8.reduce(5381) { ($0 << 5) &+ $0 &+ UInt64($1) })"
        if let html {
            lines.append("Content-Type: multipart/alternative; boundary=\"\(boundary)\"")
            lines.append("")
            lines += ["--" + boundary] + part("text/plain", text)
            lines += ["--" + boundary] + part("text/html", html)
            lines += ["--" + boundary + "--"]
        } else {
            lines += part("text/plain", text)
        }
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    private func headers() -> [String] {
        let from = senderName.map { MailEncoding.headerText($0, after: 6) + " <\(sender)>" } ?? sender.description
        var lines = [
            "Date: " + MailEncoding.date(sentAt),
            "From: " + from,
            "To: " + recipients.map(\.description).joined(separator: ",\r\n "),
            "Subject: " + MailEncoding.headerText(subject, after: 9),
            "Message-ID: " + messageID,
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
        ]
        switch priority {
        case .normal: break
        case .high: lines += ["Importance: high", "X-Priority: 1"]
        case .low: lines += ["Importance: low", "X-Priority: 5"]
        }
        return lines
    }

    private func part(_ type: String, _ content: String) -> [String] {
        [
            "Content-Type: \(type); charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "",
            MailEncoding.quotedPrintable(content),
        ]
    }

    private static func isOneLine(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy {
            $0.value >= 0x20 && $0.value != 0x7F && $0.value != 0x2028 && $0.value != 0x2029
        }
    }
}
