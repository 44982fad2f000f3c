package import JSON
package import Primitives

/// What a person may give a run as its input.
package enum RunInput {
    package static let maximumBytes = EventLimits.maximumDataBytes

    /// - Throws: `.invalidRequest` for one that is too long or too deep.
    package static func check(_ input: JSONValue) throws(Problem) {
        let items = problems(input)
        guard items.isEmpty else { throw Problem(.invalidRequest, "The input cannot be used.", items: items) }
    }

    static func problems(_ input: JSONValue) -> [Problem.Item] {
        if input.depth(within: EventLimits.maximumDataDepth) == nil {
            return [.init(path: "/input", message: "Is nested more than \(EventLimits.maximumDataDepth) levels deep.")]
        }
        let bytes = input.serializedBytes().count
        if bytes > maximumBytes {
            return [.init(path: "/input", message: "Has \(bytes) bytes; an input has \(maximumBytes) at the most.")]
        }
        return []
    }
}
