package import JSON

/// One YAML document as a JSON value, with the place of each of its values.
package struct YAMLDocument: Sendable {
    package let value: JSONValue
    /// JSON pointer text (`/do/0/classify`) to where it stands: a member's place is its key's, an item's is where it
    /// begins. What an alias stands for has no entries of its own below the alias.
    package let locations: [String: SourceLocation]

    package init(parsing text: String, limits: YAMLLimits = .default) throws(YAMLError) {
        guard text.utf8.count <= limits.maximumBytes else { throw Self.tooLarge(limits) }
        var composer = Composer(limits: limits)
        value = try composer.compose(text)
        locations = composer.locations
    }

    /// A value that was not read from text; it has no places.
    package init(value: JSONValue) {
        self.value = value
        locations = [:]
    }

    /// The same text's places round another value: one in which parts were put in that stand elsewhere.
    package func replacing(value: JSONValue) -> YAMLDocument { YAMLDocument(value: value, locations: locations) }

    private init(value: JSONValue, locations: [String: SourceLocation]) {
        self.value = value
        self.locations = locations
    }

    /// - Parameter bytes: the document in UTF-8, with or without a byte order mark.
    package init(parsing bytes: [UInt8], limits: YAMLLimits = .default) throws(YAMLError) {
        guard bytes.count <= limits.maximumBytes else { throw Self.tooLarge(limits) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw YAMLError(.invalidUTF8, "the file is not UTF-8 text", at: Self.firstInvalid(bytes))
        }
        try self.init(parsing: text, limits: limits)
    }

    /// Where a pointer stands; for one that has no place of its own (a missing member, the inside of an alias), the
    /// nearest value round it.
    package func location(of pointer: String) -> SourceLocation {
        var pointer = pointer[...]
        while true {
            if let found = locations[String(pointer)] { return found }
            guard let slash = pointer.lastIndex(of: "/") else { return SourceLocation(line: 1, column: 1) }
            pointer = pointer[..<slash]
        }
    }

    private static func tooLarge(_ limits: YAMLLimits) -> YAMLError {
        YAMLError(
            .tooLarge, "the document is larger than \(limits.maximumBytes) bytes",
            at: SourceLocation(line: 1, column: 1))
    }

    private static func firstInvalid(_ bytes: [UInt8]) -> SourceLocation {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var line = 1
        var column = 1
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
            if scalar == "\n" {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
        return SourceLocation(line: line, column: column)
    }
}
