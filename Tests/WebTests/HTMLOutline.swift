/// The tags of a page with their attributes, read scalar by scalar as a browser's tokenizer does, and its text. Two
/// pages with the same shape differ only in what people read.
struct HTMLOutline {
    struct Tag: Hashable {
        var name: String
        var attributes: [String: String]
    }

    private(set) var tags: [Tag] = []
    private(set) var text = ""
    private var rest: ArraySlice<UnicodeScalar>

    init(_ html: String) {
        rest = Array(html.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            if scalar == "<", let next = rest.first, next.properties.isAlphabetic || next == "/" || next == "!" {
                readTag()
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        text = Self.unescaped(text)
    }

    /// Names of the tags and their attributes, without the values.
    var shape: [String] { tags.map { "\($0.name) \($0.attributes.keys.sorted().joined(separator: " "))" } }
    var names: Set<String> { Set(tags.map(\.name)) }

    func attribute(_ attribute: String, ofInput name: String) -> String? {
        tags.first { $0.attributes["name"] == name }?.attributes[attribute]
    }

    private mutating func readTag() {
        let name = take { !$0.isSpace && $0 != ">" }
        var attributes: [String: String] = [:]
        while true {
            _ = take { $0.isSpace }
            guard let next = rest.first else { break }
            if next == ">" {
                rest.removeFirst()
                break
            }
            let key = take { !$0.isSpace && $0 != "=" && $0 != ">" }
            guard rest.first == "=" else {
                attributes[key] = ""
                continue
            }
            rest.removeFirst()
            if let quote = rest.first, quote == "\"" || quote == "'" {
                rest.removeFirst()
                attributes[key] = Self.unescaped(take { $0 != quote })
                rest = rest.dropFirst()
            } else {
                attributes[key] = Self.unescaped(take { !$0.isSpace && $0 != ">" })
            }
        }
        tags.append(Tag(name: name.lowercased(), attributes: attributes))
    }

    private mutating func take(while condition: (UnicodeScalar) -> Bool) -> String {
        var taken = String.UnicodeScalarView()
        while let next = rest.first, condition(next) { taken.append(rest.removeFirst()) }
        return String(taken)
    }

    /// By scalar: `&` behind a prepending mark is one character with it, and no search for characters finds it.
    private static func unescaped(_ text: String) -> String {
        let entities = ["&lt;": "<", "&gt;": ">", "&quot;": "\"", "&#39;": "'", "&amp;": "&"]
            .map { (Array($0.key.unicodeScalars), Array($0.value.unicodeScalars)) }
        var rest = Array(text.unicodeScalars)[...]
        var result = String.UnicodeScalarView()
        while let scalar = rest.first {
            if let entity = entities.first(where: { rest.starts(with: $0.0) }) {
                result.append(contentsOf: entity.1)
                rest = rest.dropFirst(entity.0.count)
            } else {
                result.append(scalar)
                rest = rest.dropFirst()
            }
        }
        return String(result)
    }
}

extension UnicodeScalar {
    fileprivate var isSpace: Bool { [" ", "\n", "\t", "\r", "\u{0C}"].contains(self) }
}
