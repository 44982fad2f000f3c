/// Why a text is not a document that the platform reads. `code` is stable.
package struct YAMLError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        case syntax
        case invalidUTF8 = "invalid-utf-8"
        case duplicateKey = "duplicate-key"
        case unsupportedTag = "unsupported-tag"
        case unsupportedKey = "unsupported-key"
        case unsupportedValue = "unsupported-value"
        case undefinedAlias = "undefined-alias"
        case severalDocuments = "several-documents"
        case tooLarge = "too-large"
        case tooDeep = "too-deep"
        case tooManyValues = "too-many-values"
    }

    package let code: Code
    package let message: String
    package let location: SourceLocation

    package init(_ code: Code, _ message: String, at location: SourceLocation) {
        self.code = code
        self.message = message
        self.location = location
    }

    package var line: Int { location.line }
    package var column: Int { location.column }
    package var description: String { "\(location): \(message)" }
}
