/// A range of UTF-8 offsets in the program text.
struct Span: Sendable, Hashable {
    var start: Int32
    var end: Int32

    static let none = Span(start: 0, end: 0)

    init(start: Int32, end: Int32) {
        self.start = start
        self.end = end
    }

    init(_ start: Int, _ end: Int) {
        self.start = Int32(truncatingIfNeeded: start)
        self.end = Int32(truncatingIfNeeded: end)
    }

    func joined(_ other: Span) -> Span { Span(start: start, end: other.end) }
}

/// A problem found while reading a program; its place becomes line and column when it is reported.
struct SyntaxError: Error {
    var span: Span
    var message: String
}

/// Turns offsets into lines and columns. Only made when there is something to report.
struct SourceMap {
    let bytes: [UInt8]

    func line(of offset: Int32) -> Int {
        var line = 1
        for byte in bytes.prefix(Int(offset)) where byte == UInt8(ascii: "\n") { line += 1 }
        return line
    }

    func diagnostic(at span: Span, _ message: String) -> JQCompileError.Diagnostic {
        let offset = min(Int(span.start), bytes.count)
        let lineStart = bytes[..<offset].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        // Continuation bytes do not start a character.
        let column = bytes[lineStart..<offset].reduce(1) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
        return .init(line: line(of: span.start), column: column, message: message)
    }
}
