/// Why bytes are not a time zone file.
package struct TimeZoneProblem: Error, Sendable, Hashable {
    package var message: String
}

extension TimeZoneRules {
    /// The largest real one has under 4 KiB.
    package static let maximumFileBytes = 64 << 10

    /// Reads a compiled zone file (RFC 8536, versions 1 to 4), as systems have them in `/usr/share/zoneinfo`.
    package init(file bytes: [UInt8]) throws(TimeZoneProblem) {
        guard bytes.count <= Self.maximumFileBytes else {
            throw TimeZoneProblem(message: "A zone file has \(Self.maximumFileBytes) bytes at most.")
        }
        var reader = ZoneReader(bytes: bytes)
        let first = try reader.header()
        guard first.version >= 2 else {
            try self.init(&reader, first, wordBytes: 4, hasRule: false)
            return
        }
        // From version 2 on the same stands twice: in 32 bits for old readers, then in 64.
        try reader.skip(first.bodyBytes(wordBytes: 4))
        let second = try reader.header()
        try self.init(&reader, second, wordBytes: 8, hasRule: true)
    }

    private init(_ reader: inout ZoneReader, _ header: ZoneHeader, wordBytes: Int, hasRule: Bool)
        throws(TimeZoneProblem)
    {
        guard header.leapSeconds == 0 else {
            throw TimeZoneProblem(message: "The zone file counts leap seconds. Take the one without them.")
        }
        var moments: [Int64] = []
        for _ in 0..<header.changes {
            let moment = try reader.integer(wordBytes)
            guard moments.last.map({ $0 < moment }) ?? true else {
                throw TimeZoneProblem(message: "The changes of the zone file are not in order.")
            }
            moments.append(moment)
        }
        let types = try reader.take(header.changes)
        var offsets: [Int64] = []
        for _ in 0..<header.types {
            let offset = try reader.integer(4)
            guard abs(offset) <= Self.maximumOffset else {
                throw TimeZoneProblem(message: "An offset of the zone file is larger than a day.")
            }
            offsets.append(offset)
            try reader.skip(2)
        }
        guard let firstOffset = offsets.first, types.allSatisfy({ Int($0) < offsets.count }) else {
            throw TimeZoneProblem(message: "The zone file names a kind of time that it does not have.")
        }
        let changes = zip(moments, types).map { Change(at: $0, offset: offsets[Int($1)]) }
        try reader.skip(header.names + header.standardMarks + header.universalMarks)
        self.init(
            firstOffset: firstOffset, changes: changes, rule: hasRule ? try reader.rule() : nil)
    }
}

/// The counts at the head of a zone file.
private struct ZoneHeader {
    var version: Int
    var universalMarks: Int
    var standardMarks: Int
    var leapSeconds: Int
    var changes: Int
    var types: Int
    var names: Int

    func bodyBytes(wordBytes: Int) -> Int {
        changes * (wordBytes + 1) + types * 6 + names + leapSeconds * (wordBytes + 4) + standardMarks + universalMarks
    }
}

/// Reads from the front; what is not there is an error, and no count is believed beyond the file's own size.
private struct ZoneReader {
    let bytes: [UInt8]
    var at = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    private static let cutOff = TimeZoneProblem(message: "The zone file ends too soon.")

    mutating func take(_ count: Int) throws(TimeZoneProblem) -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.count - at else { throw Self.cutOff }
        defer { at += count }
        return bytes[at..<at + count]
    }

    mutating func skip(_ count: Int) throws(TimeZoneProblem) { _ = try take(count) }

    /// Signed, the first byte being the most significant.
    mutating func integer(_ width: Int) throws(TimeZoneProblem) -> Int64 {
        let word = try take(width)
        var value: Int64 = Int8(bitPattern: word.first ?? 0) < 0 ? -1 : 0
        for byte in word { value = value << 8 | Int64(byte) }
        return value
    }

    mutating func header() throws(TimeZoneProblem) -> ZoneHeader {
        guard try take(4).elementsEqual("TZif".utf8) else { throw TimeZoneProblem(message: "This is not a zone file.") }
        let version = try take(1).first ?? 0
        try skip(15)
        var counts: [Int] = []
        for _ in 0..<6 {
            let count = try integer(4)
            guard (0...Int64(bytes.count)).contains(count) else { throw Self.cutOff }
            counts.append(Int(count))
        }
        return ZoneHeader(
            version: version == 0 ? 1 : Int(version) - 0x30, universalMarks: counts[0], standardMarks: counts[1],
            leapSeconds: counts[2], changes: counts[3], types: counts[4], names: counts[5])
    }

    /// The text between two ends of line after the last table; an empty one is no rule.
    mutating func rule() throws(TimeZoneProblem) -> PosixTimeZone? {
        guard try take(1).first == 0x0A, let end = bytes[at...].firstIndex(of: 0x0A) else { throw Self.cutOff }
        guard end > at else { return nil }
        guard let text = String(validating: bytes[at..<end], as: UTF8.self), let rule = PosixTimeZone(text) else {
            throw TimeZoneProblem(message: "The rule at the end of the zone file cannot be read.")
        }
        return rule
    }
}
