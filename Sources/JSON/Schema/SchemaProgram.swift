/// A compiled schema: every schema that can be reached, each a list of keywords that refer to others by number, so that
/// cycles need no care. The first is the one that was asked for.
struct SchemaProgram: Sendable {
    struct Node: Sendable {
        var resource: Int
        /// Set for the schemas `true` and `false`.
        var constant: Bool?
        var keywords: [Keyword] = []
        /// Whether a keyword asks which members or elements the others have looked at.
        var asksForEvaluated = false
        var title: String?
        var example: JSONValue?
        var defaultValue: JSONValue?
    }

    enum Keyword: Sendable {
        case type(TypeSet)
        case enumeration([JSONValue], Set<JSONValue>)
        case constant(JSONValue)
        case multipleOf(JSONNumber)
        case maximum(JSONNumber)
        case exclusiveMaximum(JSONNumber)
        case minimum(JSONNumber)
        case exclusiveMinimum(JSONNumber)
        case maxLength(Int)
        case minLength(Int)
        case pattern(Pattern)
        case format(SchemaFormat)
        case maxItems(Int)
        case minItems(Int)
        case uniqueItems
        case maxProperties(Int)
        case minProperties(Int)
        case required([String])
        case dependentRequired([(key: String, needed: [String])])
        case reference(Int)
        case dynamicReference(Int, anchor: String)
        case allOf([Int])
        case anyOf([Int])
        case oneOf([Int])
        case not(Int)
        case condition(Int, then: Int?, otherwise: Int?)
        /// `dependencies` when the flag is set.
        case dependentSchemas([(key: String, node: Int)], isLegacy: Bool)
        case propertyNames(Int)
        case members(MemberRules)
        case elements(prefix: [Int], rest: Int?)
        case contains(ContainsRule)
        case unevaluatedItems(Int)
        case unevaluatedProperties(Int)
    }

    /// `properties`, `patternProperties` and `additionalProperties`, applied in one pass over the members.
    struct MemberRules: Sendable {
        /// The schema's own `properties`: the place of a key in it is the place of its node.
        var properties = JSONObject()
        var propertyNodes: [Int] = []
        var patterns: [(pattern: Pattern, node: Int)] = []
        var additional: Int?
    }

    struct ContainsRule: Sendable {
        var node: Int
        var minimum: Int
        var maximum: Int?
    }

    var nodes: [Node]
    /// For each resource the nodes of its dynamic anchors.
    var dynamicAnchors: [[String: Int]]
}

/// The types of the `type` keyword. A whole number is both an integer and a number.
struct TypeSet: OptionSet, Sendable, Hashable {
    let rawValue: UInt8

    static let null = TypeSet(rawValue: 1)
    static let boolean = TypeSet(rawValue: 2)
    static let integer = TypeSet(rawValue: 4)
    static let number = TypeSet(rawValue: 8)
    static let string = TypeSet(rawValue: 16)
    static let array = TypeSet(rawValue: 32)
    static let object = TypeSet(rawValue: 64)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init?(name: String) {
        switch name {
        case "null": self = .null
        case "boolean": self = .boolean
        case "integer": self = .integer
        case "number": self = .number
        case "string": self = .string
        case "array": self = .array
        case "object": self = .object
        default: return nil
        }
    }

    func allows(_ value: JSONValue) -> Bool {
        switch value {
        case .null: contains(.null)
        case .bool: contains(.boolean)
        case .number(let number): contains(.number) || (contains(.integer) && number.isInteger)
        case .string: contains(.string)
        case .array: contains(.array)
        case .object: contains(.object)
        }
    }
}
