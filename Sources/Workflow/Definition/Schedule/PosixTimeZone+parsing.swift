extension PosixTimeZone {
    /// `nil` for a text that is not such a rule.
    init?(_ text: some StringProtocol) {
        var reader = PosixReader(bytes: Array(text.utf8))
        guard reader.name(), let west = reader.time(hours: 24) else { return nil }
        standard = -west
        summer = nil
        if reader.isAtEnd { return }
        guard reader.name() else { return nil }
        var offset = standard + 3600
        if let next = reader.next, next != UInt8(ascii: ",") {
            guard let west = reader.time(hours: 24) else { return nil }
            offset = -west
        }
        guard reader.skip(","), let start = reader.change(), reader.skip(","), let end = reader.change(), reader.isAtEnd
        else { return nil }
        summer = Summer(offset: offset, start: start, end: end)
    }
}

/// Reads the parts of a POSIX time zone. Every number is bounded as it is read.
private struct PosixReader {
    let bytes: [UInt8]
    var at = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.count }
    var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    /// `CET`, or `<+1030>`.
    mutating func name() -> Bool {
        let start = at
        if skip("<") {
            while let byte = next, byte != UInt8(ascii: ">") { at += byte < 0x80 ? 1 : bytes.count }
            return at - start > 3 && skip(">")
        }
        while let byte = next, (0x41...0x5A).contains(byte & 0xDF) { at += 1 }
        return at - start >= 3
    }

    mutating func number(upTo limit: Int) -> Int? {
        let start = at
        var value = 0
        while let byte = next, (0x30...0x39).contains(byte), at - start < 3 {
            value = value * 10 + Int(byte - 0x30)
            at += 1
        }
        return at > start && value <= limit ? value : nil
    }

    /// `[+-]hh[:mm[:ss]]`, in seconds.
    mutating func time(hours limit: Int) -> Int64? {
        let isNegative = skip("-")
        if !isNegative { _ = skip("+") }
        guard let hours = number(upTo: limit) else { return nil }
        var seconds = hours * 3600
        if skip(":") {
            guard let minutes = number(upTo: 59) else { return nil }
            seconds += minutes * 60
            if skip(":") {
                guard let last = number(upTo: 59) else { return nil }
                seconds += last
            }
        }
        return Int64(isNegative ? -seconds : seconds)
    }

    mutating func change() -> PosixTimeZone.Change? {
        guard let day = day() else { return nil }
        guard skip("/") else { return PosixTimeZone.Change(day: day, time: 7200) }
        return time(hours: 167).map { PosixTimeZone.Change(day: day, time: $0) }
    }

    private mutating func day() -> PosixTimeZone.Day? {
        if skip("M") {
            guard let month = number(upTo: 12), month >= 1, skip("."), let week = number(upTo: 5), week >= 1, skip("."),
                let weekday = number(upTo: 6)
            else { return nil }
            return .ofMonth(month: month, week: week, weekday: weekday)
        }
        if skip("J") {
            guard let day = number(upTo: 365), day >= 1 else { return nil }
            return .julian(day)
        }
        return number(upTo: 365).map { .ofYear($0) }
    }
}
