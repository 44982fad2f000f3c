package import JSON

/// One mistake in a connector description or in a connection's configuration.
package struct ConnectorDiagnostic: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        case missing
        case wrongType = "wrong-type"
        case unknownField = "unknown-field"
        case invalidValue = "invalid-value"
        case invalidExpression = "invalid-expression"
        case unknownCapability = "unknown-capability"
        case unknownOperation = "unknown-operation"
        case invalidSchema = "invalid-schema"
    }

    package var code: Code
    /// Where in the document, as a JSON pointer; whoever read the file knows the line.
    package var path: JSONPointer
    package var message: String

    package init(_ code: Code, at path: JSONPointer, _ message: String) {
        self.code = code
        self.path = path
        self.message = message
    }

    package var description: String { "\(path): \(message)" }
}
