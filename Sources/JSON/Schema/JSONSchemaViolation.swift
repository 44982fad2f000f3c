/// One way in which a value does not fit its schema.
public struct JSONSchemaViolation: Error, Sendable, Hashable {
    /// The place in the value.
    public var instancePath: JSONPointer
    /// The place of the keyword, following every reference on the way to it.
    public var schemaPath: JSONPointer
    /// The keyword that does not hold, such as `minimum`.
    public var keyword: String
    /// A sentence that a person who fills in a form understands.
    public var message: String

    /// A violation that the caller found by other means, to stand among those of a schema.
    public init(instancePath: JSONPointer, schemaPath: JSONPointer, keyword: String, message: String) {
        self.instancePath = instancePath
        self.schemaPath = schemaPath
        self.keyword = keyword
        self.message = message
    }
}

extension JSONSchemaViolation: CustomStringConvertible {
    public var description: String {
        instancePath.tokens.isEmpty ? message : "\(instancePath): \(message)"
    }
}
