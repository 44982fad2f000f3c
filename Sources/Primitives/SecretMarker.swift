/// Stands for a secret in the data of a run: `⟦secret:<run>:<name>⟧`, or `⟦secret:<run>:<name>/<member>⟧` for a member of
/// a secret that is an object.
///
/// Expressions, state and journal see the marker only. Whoever performs a call puts the secret in its place, and only
/// for markers of that very run: data that came from elsewhere cannot name a run's secrets without knowing its ID.
/// In run, name and member `%`, `/`, `:`, `⟦` and `⟧` are percent-encoded, so that every text has one reading.
public struct SecretMarker: Sendable, Hashable, CustomStringConvertible {
    public var runID: String
    public var name: String
    public var member: String?

    public init(runID: String, name: String, member: String? = nil) {
        self.runID = runID
        self.name = name
        self.member = member
    }

    /// How the marker stands in data.
    public var text: String {
        let place = member.map { Self.encode(name) + "/" + Self.encode($0) } ?? Self.encode(name)
        return "\(Self.opening)\(Self.encode(runID)):\(place)\(Self.closing)"
    }

    public var description: String { text }

    private static let opening = "⟦secret:"
    private static let closing: Unicode.Scalar = "⟧"
    /// No name of a secret is that long; what has no end within this is text.
    private static let maximumLength = 1000

    /// A piece of a text: itself, or a marker in it.
    public enum Piece: Sendable, Hashable {
        case text(String)
        case marker(SecretMarker)
    }

    /// Whether a text may hold a marker: quick, and `false` for nearly every text there is.
    public static func isIn(_ text: String) -> Bool {
        text.utf8.contains(0xE2) && firstOpening(text.unicodeScalars[...]) != nil
    }

    /// The text taken apart at its well-formed markers, of whatever run. Anything else stays text.
    public static func pieces(of text: String) -> [Piece] {
        guard isIn(text) else { return [.text(text)] }
        var pieces: [Piece] = []
        var plain = String.UnicodeScalarView()
        // By scalars: a combining mark behind a bracket must not hide it.
        var rest = text.unicodeScalars[...]
        while let found = firstOpening(rest) {
            plain += rest[..<found.lowerBound]
            let content = rest[found.upperBound...].prefix(maximumLength)
            if let end = content.firstIndex(of: closing), let marker = SecretMarker(content: content[..<end]) {
                if !plain.isEmpty { pieces.append(.text(String(plain))) }
                plain = String.UnicodeScalarView()
                pieces.append(.marker(marker))
                rest = rest[content.index(after: end)...]
            } else {
                plain += rest[found]
                rest = rest[found.upperBound...]
            }
        }
        plain += rest
        if !plain.isEmpty { pieces.append(.text(String(plain))) }
        return pieces
    }

    private static func firstOpening(_ text: Substring.UnicodeScalarView) -> Range<String.Index>? {
        text.firstRange(of: opening.unicodeScalars)
    }

    /// What stands between the opening and the closing.
    private init?(content: Substring.UnicodeScalarView) {
        // An opening inside is that of another marker, and this one has no end.
        guard !content.contains("⟦"), let colon = content.firstIndex(of: ":"), let run = Self.decode(content[..<colon])
        else { return nil }
        let place = content[content.index(after: colon)...].split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(place.count), let name = Self.decode(place[0]), !run.isEmpty, !name.isEmpty else {
            return nil
        }
        runID = run
        self.name = name
        if place.count == 2 {
            guard let member = Self.decode(place[1]) else { return nil }
            self.member = member
        }
    }

    private static func encode(_ text: String) -> String {
        var encoded = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "%": encoded += "%25"
            case "/": encoded += "%2F"
            case ":": encoded += "%3A"
            case "⟦": encoded += "%E2%9F%A6"
            case "⟧": encoded += "%E2%9F%A7"
            default: encoded.unicodeScalars.append(scalar)
            }
        }
        return encoded
    }

    private static func decode(_ scalars: Substring.UnicodeScalarView) -> String? {
        PercentDecoding.decode(Substring(scalars))
    }
}
