import JSON
import Primitives

/// The texts of one call that nobody may see, and how they are taken out of what is shown.
struct Redaction {
    static let mark = "«redacted»"
    /// Fewer bytes hide nothing, and taking them out would make any sentence unreadable.
    static let shortestSecret = 3
    /// In what another system says, a shorter text is most likely not an echo of the secret but a word of its own.
    static let shortestEcho = 8
    private static let maximumTexts = 400

    /// As they are, percent-encoded, and as they stand in JSON.
    private var texts: Set<String> = []

    var isEmpty: Bool { texts.isEmpty }

    mutating func add(_ text: String) {
        guard !text.isEmpty, texts.count < Self.maximumTexts else { return }
        texts.insert(text)
        texts.insert(PercentEncoding.component(text))
        texts.insert(PercentEncoding.lenient(text))
        texts.insert(PercentEncoding.form(text))
        texts.insert(String(JSONValue.string(text).serialized().dropFirst().dropLast()))
    }

    /// Every text and number in a value.
    mutating func add(_ value: JSONValue) {
        switch value {
        case .string(let text): add(text)
        case .number: add(value.serialized())
        case .array(let elements): for element in elements { add(element) }
        case .object(let object): for (_, member) in object { add(member) }
        case .bool, .null: break
        }
    }

    mutating func formUnion(_ other: Redaction) { texts.formUnion(other.texts) }

    /// What we say ourselves.
    func strict(_ text: String) -> String { replace(in: text, shortest: Self.shortestSecret) }

    /// What another system says.
    func echo(_ text: String) -> String { replace(in: text, shortest: Self.shortestEcho) }

    func echo(_ value: JSONValue) -> JSONValue {
        guard !isEmpty else { return value }
        switch value {
        case .string(let text): return .string(echo(text))
        case .array(let elements): return .array(elements.map(echo))
        case .object(let object):
            return .object(JSONObject(uniqueKeysWithValues: object.map { (echo($0.key), echo($0.value)) }))
        default: return value
        }
    }

    /// The body of an answer, for the output that does not read it.
    func echo(_ bytes: [UInt8]) -> [UInt8] {
        isEmpty ? bytes : replace(in: bytes, shortest: Self.shortestEcho)
    }

    private func replace(in text: String, shortest: Int) -> String {
        guard !isEmpty else { return text }
        return String(decoding: replace(in: Array(text.utf8), shortest: shortest), as: UTF8.self)
    }

    /// Longest first: a secret may be a part of another. By bytes, so that no combining mark hides one.
    private func replace(in bytes: [UInt8], shortest: Int) -> [UInt8] {
        var bytes = bytes
        let wanted = texts.filter { $0.utf8.count >= shortest && $0.utf8.count <= bytes.count }
        for secret in wanted.sorted(by: { ($0.utf8.count, $0) > ($1.utf8.count, $1) }) {
            bytes = Self.replace(Array(secret.utf8), in: bytes)
        }
        return bytes
    }

    private static func replace(_ secret: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var kept = 0
        var place = 0
        while place + secret.count <= bytes.count {
            guard bytes[place] == secret[0], bytes[place..<place + secret.count].elementsEqual(secret) else {
                place += 1
                continue
            }
            result += bytes[kept..<place]
            result += mark.utf8
            place += secret.count
            kept = place
        }
        return kept == 0 ? bytes : result + bytes[kept...]
    }
}
