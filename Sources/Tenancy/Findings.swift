import Primitives

/// Collects what is wrong with an input, so that its author is told everything at once.
struct Findings {
    private(set) var items: [Problem.Item] = []

    mutating func add(_ path: String, _ message: String) { items.append(.init(path: path, message: message)) }

    mutating func check(_ isRight: Bool, _ path: String, _ message: @autoclosure () -> String) {
        if !isRight { add(path, message()) }
    }

    func refuse(_ detail: String) throws(Problem) {
        guard items.isEmpty else { throw Problem(.invalidParameters, detail, items: items) }
    }

    mutating func checkName(_ name: String, _ path: String) {
        check(
            (1...200).contains(name.unicodeScalars.count) && name.isPlainLine && name.contains { !$0.isWhitespace },
            path, "Must be one line of 1 to 200 characters.")
    }

    mutating func checkSlug(_ slug: String, _ path: String) {
        check(
            slug.isSlug, path,
            "Must be 1 to 63 characters out of a-z, 0-9 and '-', and neither begin nor end with '-'.")
    }
}

extension String {
    /// The name in addresses: `[a-z0-9]`, and `-` inside.
    var isSlug: Bool {
        let bytes = utf8
        guard (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-"), bytes.last != UInt8(ascii: "-")
        else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            default: false
            }
        }
    }

    /// No control characters: what is shown in one line of a page, a mail header or a log.
    var isPlainLine: Bool {
        unicodeScalars.allSatisfy {
            $0.properties.generalCategory != .control && $0.value != 0x2028 && $0.value != 0x2029
        }
    }
}
