import Primitives

/// The encodings that carry any text through mail's seven bits.
enum MailEncoding {
    /// A header's text: as it is when it is plain, else as encoded words of UTF-8 (RFC 2047), folded.
    ///
    /// - Parameter column: how many characters of the line are taken.
    static func headerText(_ text: String, after column: Int) -> String {
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && !text.contains("=?")
        if isPlain, text.utf8.count + column <= 76,
            !text.contains(where: { "<>@,;:\"\\()[]".contains($0) }) || column == 9
        {
            return text
        }
        var words: [String] = []
        var word: [UInt8] = []
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            // 75 characters a word with its frame of 12; a character is never split between two words.
            if word.count + bytes.count > 42 {
                words.append(encodedWord(word))
                word = []
            }
            word += bytes
        }
        if !word.isEmpty { words.append(encodedWord(word)) }
        return words.joined(separator: "\r\n ")
    }

    private static func encodedWord(_ bytes: [UInt8]) -> String { "=?UTF-8?B?\(Base64.encode(bytes))?=" }

    /// Quoted-printable with CRLF line ends (RFC 2045, 6.7).
    static func quotedPrintable(_ text: String) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count + text.utf8.count / 8)
        var column = 0
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == 0x0D || byte == 0x0A {
                if byte == 0x0D, index < bytes.count, bytes[index] == 0x0A { index += 1 }
                output += [0x0D, 0x0A]
                column = 0
                continue
            }
            let isLineEnd = index == bytes.count || bytes[index] == 0x0D || bytes[index] == 0x0A
            let isLiteral =
                (byte >= 0x21 && byte <= 0x7E && byte != UInt8(ascii: "="))
                || ((byte == 0x20 || byte == 0x09) && !isLineEnd)
            let width = isLiteral ? 1 : 3
            if column + width > 75 {
                output += Array("=\r\n".utf8)
                column = 0
            }
            if isLiteral {
                output.append(byte)
            } else {
                output += [UInt8(ascii: "="), hexDigit(byte >> 4), hexDigit(byte & 0xF)]
            }
            column += width
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10
    }

    /// `Fri, 31 Jan 2026 08:00:00 +0000` (RFC 5322, 3.3).
    static func date(_ moment: Timestamp) -> String {
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let seconds = moment.unixMilliseconds / 1000
        let days = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
        let date = CivilDate(daysSince1970: days)
        let weekday = weekdays[Int((days % 7 + 7) % 7)]
        let time = seconds - days * 86400
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(weekday), \(date.day) \(months[date.month - 1]) \(date.year) "
            + "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60)) +0000"
    }
}
