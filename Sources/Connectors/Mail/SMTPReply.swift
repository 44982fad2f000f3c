/// A mail server's reply: a code and its lines (RFC 5321, 4.2).
struct SMTPReply: Sendable, Hashable {
    var code: Int
    var lines: [String]

    var isPositive: Bool { (200..<300).contains(code) }
    /// Later it may be different.
    var isTransient: Bool { (400..<500).contains(code) }

    /// Short, printable, for an error.
    var summary: String {
        let text = lines.first.map { $0.filter { $0.isASCII && !$0.isNewline } } ?? ""
        return text.isEmpty ? "\(code)" : "\(code) \(text.prefix(200))"
    }
}

/// Puts lines together to replies, within limits.
struct SMTPReplyReader {
    struct MalformedReply: Error {}

    private static let maximumLineBytes = 2048
    private static let maximumLines = 100

    private var buffer: [UInt8] = []
    private var lines: [String] = []

    /// Bytes that came after the last whole line.
    var hasLeftover: Bool { !buffer.isEmpty || !lines.isEmpty }

    mutating func append(_ bytes: [UInt8]) { buffer += bytes }

    /// The next whole reply; `nil` until more bytes came.
    mutating func next() throws(MalformedReply) -> SMTPReply? {
        while let end = buffer.firstIndex(of: 0x0A) {
            var line = Array(buffer[..<end])
            buffer.removeSubrange(...end)
            if line.last == 0x0D { line.removeLast() }
            guard line.count >= 3, let code = Int(String(decoding: line[..<3], as: UTF8.self)),
                (200..<600).contains(code)
            else { throw MalformedReply() }
            let separator = line.count > 3 ? line[3] : UInt8(ascii: " ")
            lines.append(String(decoding: line.dropFirst(4), as: UTF8.self))
            guard lines.count <= Self.maximumLines else { throw MalformedReply() }
            switch separator {
            case UInt8(ascii: "-"): continue
            case UInt8(ascii: " "):
                defer { lines = [] }
                return SMTPReply(code: code, lines: lines)
            default: throw MalformedReply()
            }
        }
        guard buffer.count <= Self.maximumLineBytes else { throw MalformedReply() }
        return nil
    }
}
