/// Why a document cannot be used as a schema: everything that was found, each with its place.
public struct JSONSchemaError: Error, Sendable, Hashable {
    /// One thing that is wrong with a schema.
    public struct Problem: Sendable, Hashable {
        /// The URI of the document; empty for a schema that has none.
        public var document: String
        /// The place in that document.
        public var path: JSONPointer
        /// What is wrong, as a sentence.
        public var message: String
    }

    /// Never empty.
    public var problems: [Problem]
}

extension JSONSchemaError: CustomStringConvertible {
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

extension JSONSchemaError.Problem: CustomStringConvertible {
    public var description: String { "\(document)#\(path): \(message)" }
}
