/// Dates, times and durations as RFC 3339 writes them.
enum TimeFormat {
    static func isDateTime(_ units: [UInt8]) -> Bool {
        units.count > 11 && units[10] | 0x20 == Ascii.lowerT && isDate(units[..<10]) && isTime(units[11...])
    }

    static func isDate(_ units: ArraySlice<UInt8>) -> Bool {
        var scanner = DigitScanner(units)
        guard let year = scanner.number(digits: 4), scanner.take(Ascii.minus),
            let month = scanner.number(digits: 2), scanner.take(Ascii.minus),
            let day = scanner.number(digits: 2), scanner.isAtEnd, 1...12 ~= month
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return 1...lengths[month - 1] ~= day
    }

    static func isTime(_ units: ArraySlice<UInt8>) -> Bool {
        var scanner = DigitScanner(units)
        guard let hour = scanner.number(digits: 2), scanner.take(Ascii.colon),
            let minute = scanner.number(digits: 2), scanner.take(Ascii.colon),
            let second = scanner.number(digits: 2), hour < 24, minute < 60, second < 61
        else { return false }
        if scanner.take(Ascii.point), scanner.digits() == 0 { return false }
        guard let offset = offsetMinutes(&scanner), scanner.isAtEnd else { return false }
        if second < 60 { return true }
        // A leap second is the last one of a day of UTC.
        return (hour * 60 + minute - offset + 2 * 1440) % 1440 == 1439
    }

    private static func offsetMinutes(_ scanner: inout DigitScanner) -> Int? {
        if scanner.take(0x5A) || scanner.take(0x7A) { return 0 }
        let sign = scanner.take(Ascii.plus) ? 1 : -1
        if sign < 0, !scanner.take(Ascii.minus) { return nil }
        guard let hour = scanner.number(digits: 2), scanner.take(Ascii.colon),
            let minute = scanner.number(digits: 2), hour < 24, minute < 60
        else { return nil }
        return sign * (hour * 60 + minute)
    }

    /// RFC 3339, appendix A: weeks alone, or units that follow each other without a gap.
    static func isDuration(_ units: [UInt8]) -> Bool {
        var scanner = DigitScanner(units[...])
        guard scanner.take(0x50), !scanner.isAtEnd else { return false }
        var weeks = scanner
        if weeks.digits() > 0, weeks.take(0x57) { return weeks.isAtEnd }
        guard scanUnits(&scanner, "YMD") != nil else { return false }
        if scanner.isAtEnd { return true }
        guard scanner.take(0x54), let count = scanUnits(&scanner, "HMS"), count > 0 else { return false }
        return scanner.isAtEnd
    }

    /// Numbers, each followed by the next of the units; the first may be any of them. Returns how many there were.
    private static func scanUnits(_ scanner: inout DigitScanner, _ units: String) -> Int? {
        var left = Array(units.utf8)[...]
        var count = 0
        while let next = scanner.peek, next &- Ascii.zero < 10 {
            _ = scanner.digits()
            guard let unit = scanner.peek, let place = left.firstIndex(of: unit) else { return nil }
            if count > 0, place != left.startIndex { return nil }
            _ = scanner.take(unit)
            left = left[(place + 1)...]
            count += 1
        }
        return count
    }
}

/// Reads numbers of a fixed width and single bytes.
struct DigitScanner {
    private var rest: ArraySlice<UInt8>

    init(_ units: ArraySlice<UInt8>) { rest = units }

    var isAtEnd: Bool { rest.isEmpty }
    var peek: UInt8? { rest.first }

    mutating func take(_ unit: UInt8) -> Bool {
        guard rest.first == unit else { return false }
        rest.removeFirst()
        return true
    }

    mutating func number(digits: Int) -> Int? {
        let text = rest.prefix(digits)
        guard text.count == digits, text.allSatisfy({ $0 &- Ascii.zero < 10 }) else { return nil }
        rest.removeFirst(digits)
        return text.reduce(0) { $0 * 10 + Int($1 &- Ascii.zero) }
    }

    /// Passes over any number of digits and says how many there were.
    mutating func digits() -> Int {
        let count = rest.prefix { $0 &- Ascii.zero < 10 }.count
        rest.removeFirst(count)
        return count
    }
}
