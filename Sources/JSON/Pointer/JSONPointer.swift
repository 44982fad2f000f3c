/// A place inside a JSON value (RFC 6901), as `/orders/0/id`.
public struct JSONPointer: Sendable, Hashable {
    /// Why a text is not a pointer.
    public enum SyntaxError: Error, Sendable, Hashable {
        /// A pointer that is not empty begins with `/`.
        case noLeadingSlash
        /// After `~` comes `0` or `1`.
        case invalidEscape
    }

    /// The keys and indices on the way, unescaped.
    public var tokens: [String]

    /// The whole value.
    public static let root = JSONPointer([])

    /// The place that these keys and indices lead to.
    public init(_ tokens: [String]) {
        self.tokens = tokens
    }

    public init(parsing text: String) throws(SyntaxError) {
        tokens = []
        if text.isEmpty { return }
        guard text.utf8.first == Ascii.slash else { throw .noLeadingSlash }
        for part in text.utf8.dropFirst().split(separator: Ascii.slash, omittingEmptySubsequences: false) {
            tokens.append(try Self.unescape(part))
        }
    }

    private static func unescape(_ part: Substring.UTF8View) throws(SyntaxError) -> String {
        guard part.contains(tilde) else { return String(Substring(part)) }
        var units: [UInt8] = []
        var rest = part
        while let unit = rest.popFirst() {
            guard unit == tilde else {
                units.append(unit)
                continue
            }
            switch rest.popFirst() {
            case Ascii.zero: units.append(tilde)
            case Ascii.zero + 1: units.append(Ascii.slash)
            default: throw .invalidEscape
            }
        }
        return String(decoding: units, as: UTF8.self)
    }

    private static let tilde: UInt8 = 0x7E

    /// The place of a member of what stands here.
    public func appending(_ token: String) -> JSONPointer { JSONPointer(tokens + [token]) }

    /// The place of an element of what stands here.
    public func appending(_ index: Int) -> JSONPointer { appending(String(index)) }

    /// The place that the other pointer leads to from here.
    public func appending(contentsOf other: JSONPointer) -> JSONPointer { JSONPointer(tokens + other.tokens) }

    /// The value at this place; nil when there is none. An array index has no leading zero; `-` names no element.
    public func evaluate(in value: JSONValue) -> JSONValue? {
        var current = value
        for token in tokens {
            switch current {
            case .object(let object):
                guard let member = object[token] else { return nil }
                current = member
            case .array(let elements):
                guard let index = Self.index(token), elements.indices.contains(index) else { return nil }
                current = elements[index]
            default: return nil
            }
        }
        return current
    }

    private static func index(_ token: String) -> Int? {
        guard token.utf8.allSatisfy({ $0 &- Ascii.zero < 10 }), token == "0" || token.utf8.first != Ascii.zero else {
            return nil
        }
        return Int(token)
    }
}

extension JSONPointer {
    /// Token by token and code unit by code unit, as the keys of objects are compared.
    public static func == (left: JSONPointer, right: JSONPointer) -> Bool {
        left.tokens.elementsEqual(right.tokens, by: sameCodeUnits)
    }

    public func hash(into hasher: inout Hasher) {
        for token in tokens { combine(token, into: &hasher) }
    }
}

extension JSONPointer: CustomStringConvertible {
    public var description: String {
        var units: [UInt8] = []
        for token in tokens {
            units.append(Ascii.slash)
            for unit in token.utf8 {
                switch unit {
                case Self.tilde: units.append(contentsOf: [Self.tilde, Ascii.zero])
                case Ascii.slash: units.append(contentsOf: [Self.tilde, Ascii.zero + 1])
                default: units.append(unit)
                }
            }
        }
        return String(decoding: units, as: UTF8.self)
    }
}
