import Primitives

/// Collects what is wrong with a request, so that its author is told everything at once.
struct Findings {
    private(set) var items: [Problem.Item] = []

    mutating func add(_ path: String, _ message: String) { items.append(.init(path: path, message: message)) }
    mutating func add(contentsOf more: [Problem.Item]) { items += more }

    func refuse(_ detail: String, as code: Problem.Code = .invalidParameters) throws(Problem) {
        guard items.isEmpty else { throw Problem(code, detail, items: items) }
    }

    mutating func checkName(_ name: String, at path: String) {
        let isPlain = name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        let hasText = name.contains { !$0.isWhitespace }
        if !(1...120).contains(name.unicodeScalars.count) || !isPlain || !hasText {
            add(path, "Must be one line of 1 to 120 characters.")
        }
    }
}

/// - Throws: `Problem(.preconditionFailed)` when the caller decided on another state than the one that is there.
func requireVersion(_ expected: Int64?, of current: Int64) throws(Problem) {
    guard let expected, expected != current else { return }
    throw Problem(.preconditionFailed, "Somebody else changed it in between. Read it again and decide again.")
}
