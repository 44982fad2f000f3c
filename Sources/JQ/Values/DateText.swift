/// `strftime` and `strptime` in the C locale, in UTC.
enum DateText {
    static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    static func format(_ time: CivilTime, _ format: String) -> String {
        var result = ""
        var scalars = format.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            var directive = scalars.next()
            // Flags and alternative forms of C that change nothing in the C locale, but for padding.
            var padding: Unicode.Scalar?
            while let flag = directive, ["-", "_", "0", "^", "#", "E", "O"].contains(flag) {
                padding = flag
                directive = scalars.next()
            }
            guard let directive else {
                result += "%"
                break
            }
            result += field(directive, time, padding: padding) ?? "%\(directive)"
        }
        return result
    }

    private static func field(_ directive: Unicode.Scalar, _ time: CivilTime, padding: Unicode.Scalar?) -> String? {
        func number(_ value: Int, _ width: Int, _ fill: Character = "0") -> String {
            let digits = String(value.magnitude)
            let used = padding == "-" ? 0 : width - digits.count - (value < 0 ? 1 : 0)
            let filler = padding == "_" ? " " : padding == "0" ? "0" : fill
            let fillers = String(repeating: filler, count: max(0, used))
            return filler == " " ? fillers + (value < 0 ? "-" : "") + digits : (value < 0 ? "-" : "") + fillers + digits
        }
        let hour12 = time.hour % 12 == 0 ? 12 : time.hour % 12
        switch directive {
        case "a": return String(weekdays[time.weekday].prefix(3))
        case "A": return weekdays[time.weekday]
        case "b", "h": return String(months[time.month].prefix(3))
        case "B": return months[time.month]
        case "c": return format(time, "%a %b %e %H:%M:%S %Y")
        case "C": return number(time.year / 100, 2)
        case "d": return number(time.day, 2)
        case "D", "x": return format(time, "%m/%d/%y")
        case "e": return number(time.day, 2, " ")
        case "F": return format(time, "%Y-%m-%d")
        case "g": return number(time.isoWeek.year % 100, 2)
        case "G": return number(time.isoWeek.year, 1)
        case "H": return number(time.hour, 2)
        case "I": return number(hour12, 2)
        case "j": return number(time.dayOfYear + 1, 3)
        case "k": return number(time.hour, 2, " ")
        case "l": return number(hour12, 2, " ")
        case "m": return number(time.month + 1, 2)
        case "M": return number(time.minute, 2)
        case "n": return "\n"
        case "p": return time.hour < 12 ? "AM" : "PM"
        case "P": return time.hour < 12 ? "am" : "pm"
        case "r": return format(time, "%I:%M:%S %p")
        case "R": return format(time, "%H:%M")
        case "s": return String(time.secondsSince1970)
        case "S": return number(Int(time.second), 2)
        case "t": return "\t"
        case "T", "X": return format(time, "%H:%M:%S")
        case "u": return String(time.weekday == 0 ? 7 : time.weekday)
        case "U": return number((time.dayOfYear + 7 - time.weekday) / 7, 2)
        case "V": return number(time.isoWeek.week, 2)
        case "w": return String(time.weekday)
        case "W": return number((time.dayOfYear + 7 - (time.weekday + 6) % 7) / 7, 2)
        case "y": return number(((time.year % 100) + 100) % 100, 2)
        case "Y": return number(time.year, 1)
        case "z": return "+0000"
        case "Z": return "UTC"
        case "%": return "%"
        default: return nil
        }
    }

    /// The time that a text gives in a format, and what follows it; nil when the text does not match.
    static func parse(_ text: String, _ format: String) -> (time: CivilTime, rest: String)? {
        var reader = DateReader(Array(text.utf8))
        guard reader.read(Array(format.utf8)) else { return nil }
        return (reader.finished, reader.remaining)
    }
}

/// Reads a date by the directives of `strptime`.
private struct DateReader {
    private let bytes: [UInt8]
    private var position = 0
    private var time = CivilTime()
    private var hasDate = false
    private var isAfternoon: Bool?
    private var century: Int?
    private var epoch: Int?
    private var dayOfYear: Int?

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var remaining: String { String(decoding: bytes[position...], as: UTF8.self) }

    var finished: CivilTime {
        if let epoch { return CivilTime(secondsSince1970: Double(epoch)) }
        var result = time
        if let isAfternoon { result.hour = result.hour % 12 + (isAfternoon ? 12 : 0) }
        if let dayOfYear, !hasDate {
            let days = CivilTime.days(year: result.year, month: 0, day: dayOfYear)
            (result.year, result.month, result.day) = CivilTime.date(fromDays: days)
        }
        if result.day > 0 { result.completeFromDate() }
        return result
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }

    private mutating func skipBlanks() {
        while position < bytes.count, Self.isBlank(bytes[position]) { position += 1 }
    }

    mutating func read(_ format: [UInt8]) -> Bool {
        var place = 0
        while place < format.count {
            let byte = format[place]
            place += 1
            if Self.isBlank(byte) {
                skipBlanks()
            } else if byte == UInt8(ascii: "%") {
                while place < format.count, "-_0^#EO".utf8.contains(format[place]) { place += 1 }
                guard place < format.count, readField(format[place]) else { return false }
                place += 1
            } else {
                guard position < bytes.count, bytes[position] == byte else { return false }
                position += 1
            }
        }
        return true
    }

    /// A number of at most `digits` digits in a range; leading blanks are skipped.
    private mutating func number(_ digits: Int, _ range: ClosedRange<Int>) -> Int? {
        skipBlanks()
        var value = 0
        var count = 0
        while count < digits, position < bytes.count, bytes[position] &- 48 < 10 {
            value = value * 10 + Int(bytes[position] - 48)
            position += 1
            count += 1
        }
        return count > 0 && range.contains(value) ? value : nil
    }

    private mutating func name(_ names: [String]) -> Int? {
        for (index, name) in names.enumerated() {
            for candidate in [name, String(name.prefix(3))] {
                let letters = Array(candidate.utf8)
                guard position + letters.count <= bytes.count else { continue }
                let found = bytes[position..<position + letters.count]
                if zip(found, letters).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) {
                    position += letters.count
                    return index
                }
            }
        }
        return nil
    }

    private mutating func set(_ field: WritableKeyPath<CivilTime, Int>, _ value: Int?, add: Int = 0) -> Bool {
        guard let value else { return false }
        time[keyPath: field] = value + add
        return true
    }

    private mutating func readField(_ directive: UInt8) -> Bool {
        switch Unicode.Scalar(directive) {
        case "a", "A": return name(DateText.weekdays) != nil
        case "b", "B", "h": return set(\.month, name(DateText.months))
        case "c": return read(Array("%a %b %e %H:%M:%S %Y".utf8))
        case "C":
            century = number(2, 0...99)
            if let century { time.year = century * 100 + (time.year % 100) }
            return century != nil
        case "d", "e":
            hasDate = true
            return set(\.day, number(2, 1...31))
        case "D", "x": return read(Array("%m/%d/%y".utf8))
        case "F": return read(Array("%Y-%m-%d".utf8))
        case "H", "k": return set(\.hour, number(2, 0...23))
        case "I", "l": return set(\.hour, number(2, 1...12))
        case "j":
            dayOfYear = number(3, 1...366)
            return dayOfYear != nil
        case "m": return set(\.month, number(2, 1...12), add: -1)
        case "M": return set(\.minute, number(2, 0...59))
        case "n", "t":
            skipBlanks()
            return true
        case "p", "P":
            guard let half = name(["AM", "PM"]) else { return false }
            isAfternoon = half == 1
            return true
        case "r": return read(Array("%I:%M:%S %p".utf8))
        case "R": return read(Array("%H:%M".utf8))
        case "s": return readEpoch()
        case "S":
            guard let value = number(2, 0...61) else { return false }
            time.second = Double(value)
            return true
        case "T", "X": return read(Array("%H:%M:%S".utf8))
        case "u": return number(1, 1...7) != nil
        case "w": return number(1, 0...6) != nil
        case "U", "V", "W": return number(2, 0...53) != nil
        case "g": return number(2, 0...99) != nil
        case "G": return number(4, 0...9999) != nil
        case "y":
            guard let value = number(2, 0...99) else { return false }
            time.year = century.map { $0 * 100 + value } ?? (value < 69 ? 2000 + value : 1900 + value)
            return true
        case "Y": return readYear()
        case "z": return readOffset()
        case "Z":
            while position < bytes.count, bytes[position] | 0x20 >= 97, bytes[position] | 0x20 <= 122 { position += 1 }
            return true
        case "%":
            guard position < bytes.count, bytes[position] == directive else { return false }
            position += 1
            return true
        default: return false
        }
    }

    private mutating func readYear() -> Bool {
        skipBlanks()
        let isNegative = position < bytes.count && bytes[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        return set(\.year, number(4, 0...9999).map { isNegative ? -$0 : $0 })
    }

    private mutating func readEpoch() -> Bool {
        skipBlanks()
        let isNegative = position < bytes.count && bytes[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        guard let value = number(15, 0...Int.max) else { return false }
        epoch = isNegative ? -value : value
        return true
    }

    /// An offset is read but does not move the time, as in C.
    private mutating func readOffset() -> Bool {
        skipBlanks()
        guard position < bytes.count else { return false }
        if bytes[position] == UInt8(ascii: "Z") {
            position += 1
            return true
        }
        guard bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") else { return false }
        position += 1
        guard number(2, 0...24) != nil else { return false }
        if position < bytes.count, bytes[position] == UInt8(ascii: ":") { position += 1 }
        if position < bytes.count, bytes[position] &- 48 < 10 { return number(2, 0...59) != nil }
        return true
    }
}
