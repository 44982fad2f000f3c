import JSON

/// Compares what came out with what was expected. Members that the expectation does not name may be anything; `null`
/// also stands for an absent member; lists are compared item by item and must be equally long.
enum SubsetComparison {
    /// One line a difference, `/ticket/priority: expected 2, got 3`. Empty when there is none.
    static func differences(expected: JSONValue, actual: JSONValue?, at path: String = "") -> [String] {
        switch (expected, actual ?? .null) {
        case (.object(let wanted), .object(let found)):
            return wanted.flatMap { differences(expected: $0.value, actual: found[$0.key], at: "\(path)/\($0.key)") }
        case (.array(let wanted), .array(let found)):
            guard wanted.count == found.count else {
                return ["\(place(path)): expected \(wanted.count) items, got \(found.count): \(shown(actual))"]
            }
            return zip(wanted, found).enumerated().flatMap { index, pair in
                differences(expected: pair.0, actual: pair.1, at: "\(path)/\(index)")
            }
        case (let wanted, let found):
            return wanted == found ? [] : ["\(place(path)): expected \(shown(wanted)), got \(shown(actual))"]
        }
    }

    private static func place(_ path: String) -> String { path.isEmpty ? "the value" : path }

    private static func shown(_ value: JSONValue?) -> String {
        guard let value else { return "nothing" }
        let text = value.serialized()
        return text.count > 400 ? text.prefix(400) + "…" : text
    }
}
