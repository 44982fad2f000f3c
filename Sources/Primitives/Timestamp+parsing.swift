extension Timestamp {
    /// An RFC 3339 date-time (`2026-01-31T08:00:00.5+01:00`), or a plain date, which means its first moment in UTC.
    public init?(_ text: String) {
        var scanner = DateTimeScanner(bytes: Array(text.utf8))
        guard let date = scanner.date() else { return nil }
        let day = date.daysSince1970 * 86_400_000_000
        if scanner.isAtEnd {
            self.init(unixMicroseconds: day)
            return
        }
        guard scanner.skip("T") || scanner.skip("t") || scanner.skip(" "),
            let time = scanner.timeMicroseconds(), let offset = scanner.offsetSeconds(), scanner.isAtEnd
        else { return nil }
        self.init(unixMicroseconds: day + time - offset * 1_000_000)
    }
}

/// Reads the fixed-width fields of ISO 8601 without a formatter: it runs on every event.
struct DateTimeScanner {
    let bytes: [UInt8]
    var at = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.count }

    mutating func skip(_ character: Character) -> Bool {
        guard at < bytes.count, bytes[at] == character.asciiValue else { return false }
        at += 1
        return true
    }

    mutating func digits(_ count: Int) -> Int64? {
        guard at + count <= bytes.count else { return nil }
        var value: Int64 = 0
        for _ in 0..<count {
            let digit = bytes[at] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int64(digit)
            at += 1
        }
        return value
    }

    mutating func date() -> CivilDate? {
        guard let year = digits(4), skip("-"), let month = digits(2), skip("-"), let day = digits(2) else { return nil }
        return CivilDate(year: Int(year), month: Int(month), day: Int(day))
    }

    /// Microseconds since midnight. A leap second reads as the second after it.
    mutating func timeMicroseconds() -> Int64? {
        guard let hour = digits(2), hour < 24, skip(":"), let minute = digits(2), minute < 60, skip(":"),
            let second = digits(2), second <= 60
        else { return nil }
        var fraction: Int64 = 0
        if skip(".") {
            var width = 0
            while at < bytes.count, let digit = digits(1) {
                if width < 6 { fraction = fraction * 10 + digit }
                width += 1
            }
            guard width > 0 else { return nil }
            for _ in min(width, 6)..<6 { fraction *= 10 }
        }
        return ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction
    }

    mutating func offsetSeconds() -> Int64? {
        if skip("Z") || skip("z") { return 0 }
        let sign: Int64
        if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
        guard let hours = digits(2), hours < 24, skip(":"), let minutes = digits(2), minutes < 60 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}
