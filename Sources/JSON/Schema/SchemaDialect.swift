/// The vocabularies that a schema's metaschema asks for.
struct SchemaDialect: Sendable, Hashable {
    enum Vocabulary: String, Sendable, CaseIterable {
        case core, applicator, unevaluated, validation
        case metaData = "meta-data"
        case formatAnnotation = "format-annotation"
        case formatAssertion = "format-assertion"
        case content

        var uri: String { "https://json-schema.org/draft/2020-12/vocab/" + rawValue }

        static let byURI = Dictionary(uniqueKeysWithValues: allCases.map { ($0.uri, $0) })
    }

    static let standardURI = "https://json-schema.org/draft/2020-12/schema"

    var vocabularies: Set<Vocabulary>

    static let standard = SchemaDialect(
        vocabularies: [.core, .applicator, .unevaluated, .validation, .metaData, .formatAnnotation, .content])

    func has(_ vocabulary: Vocabulary) -> Bool { vocabularies.contains(vocabulary) }

    /// How a keyword holds other schemas.
    enum Shape {
        case schema
        case list
        case map
    }

    /// Where schemas stand inside a schema, so that an `$id` in an `enum` or under an unknown keyword is not taken for
    /// one. `definitions` and `dependencies` are of older drafts; the metaschema of this one still has them.
    func subschemaShape(of keyword: String) -> Shape? {
        switch keyword {
        case "$defs", "definitions": .map
        case "properties", "patternProperties", "dependentSchemas", "dependencies": has(.applicator) ? .map : nil
        case "prefixItems", "allOf", "anyOf", "oneOf": has(.applicator) ? .list : nil
        case "items", "contains", "additionalProperties", "propertyNames", "if", "then", "else", "not":
            has(.applicator) ? .schema : nil
        case "unevaluatedItems", "unevaluatedProperties": has(.unevaluated) ? .schema : nil
        case "contentSchema": has(.content) ? .schema : nil
        default: nil
        }
    }
}
