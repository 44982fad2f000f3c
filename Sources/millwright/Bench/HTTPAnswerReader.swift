/// Finds the end of one HTTP/1.1 answer in what has come of it: as little work as that takes, because the load generator
/// shares the machine with what it measures.
struct HTTPAnswerReader: Sendable {
    private(set) var bytes: [UInt8] = []
    private var scanned = 0
    private var bodyStart: Int?
    private var end = 0
    private(set) var status = 0

    var body: ArraySlice<UInt8> { bodyStart.map { bytes[$0..<end] } ?? [] }

    mutating func start() {
        bytes.removeAll(keepingCapacity: true)
        scanned = 0
        bodyStart = nil
        status = 0
    }

    /// Whether the answer is complete with these bytes.
    mutating func take(_ part: UnsafeRawBufferPointer) -> Bool {
        bytes.append(contentsOf: part)
        if bodyStart == nil { readHead() }
        return bodyStart != nil && bytes.count >= end
    }

    private mutating func readHead() {
        while scanned + 4 <= bytes.count {
            if bytes[scanned] == 13, bytes[scanned + 1] == 10, bytes[scanned + 2] == 13, bytes[scanned + 3] == 10 {
                bodyStart = scanned + 4
                end = scanned + 4 + contentLength(before: scanned)
                // "HTTP/1.1 202"
                status = bytes[9..<12].reduce(0) { $0 * 10 + Int($1) - 48 }
                return
            }
            scanned += 1
        }
    }

    private func contentLength(before limit: Int) -> Int {
        var line = 0
        while line < limit {
            var next = line
            while next < limit, bytes[next] != 13 { next += 1 }
            if next - line > Self.name.count, matches(at: line) {
                return bytes[(line + Self.name.count)..<next].reduce(0) { sum, byte in
                    (48...57).contains(byte) ? sum * 10 + Int(byte) - 48 : sum
                }
            }
            line = next + 2
        }
        return 0
    }

    private static let name = Array("content-length:".utf8)

    private func matches(at start: Int) -> Bool {
        for (offset, byte) in Self.name.enumerated() where bytes[start + offset] | 0x20 != byte | 0x20 { return false }
        return true
    }
}
