/// A label of an internationalised host name by the rules of IDNA 2008 (RFC 5891 to 5893). Which characters are letters
/// or marks the standard library knows; the scripts and directions that it does not tell are given here by their blocks.
struct InternationalLabel {
    private let scalars: [Unicode.Scalar]

    /// From the form that people read, or from `xn--…`, which is decoded; nil when it has neither form.
    init?(_ text: [Unicode.Scalar]) {
        guard text.count > 4, Self.isEncoded(text) else {
            scalars = text
            return
        }
        let units = text.dropFirst(4).map { UInt8(truncatingIfNeeded: $0.value) }
        guard text.allSatisfy(\.isASCII), let decoded = Punycode.decode(units[...]) else { return nil }
        // Only what is not ASCII is encoded, and in one way.
        guard decoded.contains(where: { !$0.isASCII }),
            Punycode.encode(decoded).elementsEqual(units, by: { $0 == $1 || $0 | 0x20 == $1 | 0x20 })
        else { return nil }
        scalars = decoded
    }

    private static func isEncoded(_ text: [Unicode.Scalar]) -> Bool {
        text[0].value | 0x20 == 0x78 && text[1].value | 0x20 == 0x6E && text[2] == "-" && text[3] == "-"
    }

    var isValid: Bool {
        guard let first = scalars.first, let last = scalars.last, first != "-", last != "-" else { return false }
        if scalars.count >= 4, scalars[2] == "-", scalars[3] == "-" { return false }
        if first.isMark { return false }
        return encodedLength <= 63 && scalars.indices.allSatisfy(isAllowed)
    }

    /// The length of the ASCII form.
    var encodedLength: Int {
        scalars.allSatisfy(\.isASCII) ? scalars.count : 4 + Punycode.encode(scalars).count
    }

    /// RFC 5892: characters that are always allowed, never, or in a context.
    private func isAllowed(_ place: Int) -> Bool {
        let before = place > 0 ? scalars[place - 1] : nil
        let after = place + 1 < scalars.count ? scalars[place + 1] : nil
        switch scalars[place].value {
        case 0x2D, 0x30...0x39, 0x61...0x7A, 0x41...0x5A: return true
        case 0xDF, 0x3C2, 0x6FD, 0x6FE, 0xF0B, 0x3007: return true
        case 0x640, 0x7FA, 0x302E, 0x302F, 0x3031...0x3035, 0x303B: return false
        case 0xB7: return before == "l" && after == "l"
        case 0x375: return after.map { Self.isGreek($0.value) } ?? false
        case 0x5F3, 0x5F4: return before.map { 0x590...0x5FF ~= $0.value } ?? false
        case 0x30FB: return scalars.contains { Self.isJapanese($0.value) }
        case 0x660...0x669: return !scalars.contains { 0x6F0...0x6F9 ~= $0.value }
        case 0x6F0...0x6F9: return !scalars.contains { 0x660...0x669 ~= $0.value }
        case 0x200C: return Self.isVirama(before) || joins(around: place)
        case 0x200D: return Self.isVirama(before)
        default: return scalars[place].isLetterDigit
        }
    }

    private static func isVirama(_ scalar: Unicode.Scalar?) -> Bool {
        scalar?.properties.canonicalCombiningClass.rawValue == 9
    }

    private static func isGreek(_ value: UInt32) -> Bool {
        0x370...0x3FF ~= value || 0x1F00...0x1FFF ~= value
    }

    /// Hiragana, Katakana or Han, the middle dot itself not counted.
    private static func isJapanese(_ value: UInt32) -> Bool {
        switch value {
        case 0x30FB: false
        case 0x3005, 0x3007, 0x3041...0x30FF, 0x31F0...0x31FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF,
            0x20000...0x323AF:
            true
        default: false
        }
    }

    /// Whether Arabic letters that join each other stand around a zero-width non-joiner, marks between not counted.
    private func joins(around place: Int) -> Bool {
        guard let before = scalars[..<place].last(where: { !$0.isMark }),
            let after = scalars[(place + 1)...].first(where: { !$0.isMark })
        else { return false }
        return Self.isArabicLetter(before) && !Self.joinsOnlyBefore(before.value) && Self.isArabicLetter(after)
    }

    private static func isArabicLetter(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .otherLetter && 0x620...0x6FF ~= scalar.value && scalar.value != 0x621
    }

    private static func joinsOnlyBefore(_ value: UInt32) -> Bool {
        switch value {
        case 0x622...0x625, 0x627, 0x629, 0x62F...0x632, 0x648, 0x671...0x673, 0x675...0x677, 0x688...0x699, 0x6C0,
            0x6C3...0x6CB, 0x6CD, 0x6CF, 0x6D2, 0x6D3, 0x6D5, 0x6EE, 0x6EF:
            true
        default: false
        }
    }
}

extension InternationalLabel {
    enum Direction {
        case left, right, arabicNumber, europeanNumber, mark, neutral
    }

    private static func direction(_ scalar: Unicode.Scalar) -> Direction {
        switch scalar.value {
        case 0x30...0x39, 0x6F0...0x6F9: .europeanNumber
        case 0x660...0x669, 0x66B, 0x66C, 0x6DD: .arabicNumber
        case 0x2D: .neutral
        case 0x200C, 0x200D: .mark  // boundary neutral, which may stand anywhere as well
        default:
            if scalar.isMark {
                .mark
            } else {
                switch scalar.value {
                case 0x590...0x8FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFF, 0x10800...0x10FFF, 0x1E800...0x1EFFF: .right
                default: .left
                }
            }
        }
    }

    var isRightToLeft: Bool {
        scalars.contains { [.right, .arabicNumber].contains(Self.direction($0)) }
    }

    /// RFC 5893, 2: what holds for each label of a name that has a right-to-left one.
    var fitsBidirectionalName: Bool {
        let directions = scalars.map(Self.direction)
        let last = directions.last { $0 != .mark }
        switch directions.first {
        case .right:
            let numbers = directions.contains(.arabicNumber) && directions.contains(.europeanNumber)
            return !directions.contains(.left) && !numbers && last != .neutral
        case .left:
            return !directions.contains(.right) && !directions.contains(.arabicNumber) && last != .neutral
        default: return false
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isMark: Bool {
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }

    /// RFC 5892, 2.1 and 2.2: a letter, a digit or a mark that case folding and normalisation leave as it is.
    fileprivate var isLetterDigit: Bool {
        switch properties.generalCategory {
        case .lowercaseLetter, .otherLetter, .modifierLetter, .decimalNumber, .nonspacingMark, .spacingMark:
            !properties.changesWhenNFKCCaseFolded
        default: false
        }
    }
}
