package import JSON

/// Where each value of a document stood in the text it was read from.
package struct SourceLocations: Sendable {
    /// JSON pointer text → 1-based line and column.
    package var table: [String: (line: Int, column: Int)]

    package init(_ table: [String: (line: Int, column: Int)]) { self.table = table }

    /// The place of the value, or of the nearest value around it that has one (a missing field has none of its own).
    package func location(of path: JSONPointer) -> (line: Int, column: Int)? {
        var tokens = path.tokens
        while true {
            if let place = table[JSONPointer(tokens).description] { return place }
            guard tokens.popLast() != nil else { return nil }
        }
    }
}
