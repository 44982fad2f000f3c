import JSON
import Testing

@Suite("Schema keywords")
struct SchemaKeywordTests {
    struct Example: CustomTestStringConvertible {
        var schema: JSONValue
        var fitting: [JSONValue]
        var failing: [JSONValue]
        var testDescription: String { schema.serialized() }

        init(_ schema: JSONValue, fits fitting: [JSONValue], fails failing: [JSONValue]) {
            self.schema = schema
            self.fitting = fitting
            self.failing = failing
        }
    }

    private func check(_ example: Example) throws {
        let schema = try JSONSchema(example.schema)
        for value in example.fitting {
            #expect(schema.validate(value).isEmpty, "\(value)")
            #expect(schema.accepts(value))
        }
        for value in example.failing {
            #expect(!schema.validate(value).isEmpty, "\(value)")
            #expect(!schema.accepts(value))
        }
    }

    @Test(
        "values of any type",
        arguments: [
            Example(true, fits: [.null, 1, "x"], fails: []), Example(false, fits: [], fails: [.null, 1, [:]]),
            Example(["type": "integer"], fits: [1, 1.0, -3], fails: [1.5, "1", .null, true]),
            Example(["type": "number"], fits: [1, 1.5], fails: ["1", false]),
            Example(["type": ["string", "null"]], fits: ["", .null], fails: [0, [], [:]]),
            Example(["enum": [1, "a", ["x": [1]]]], fits: [1.0, "a", ["x": [1.0]]], fails: [2, "A", ["x": [1, 2]]]),
            Example(["const": ["lot": 7]], fits: [["lot": 7]], fails: [["lot": 8], 7, [:]]),
        ])
    func anyType(example: Example) throws { try check(example) }

    @Test(
        "numbers",
        arguments: [
            Example(["minimum": 2, "maximum": 5], fits: [2, 5, 3.3, "1"], fails: [1.99, 5.01]),
            Example(["exclusiveMinimum": 2, "exclusiveMaximum": 5], fits: [2.01, 4.99], fails: [2, 5]),
            Example(["multipleOf": 0.01], fits: [19.99, 0, -4.5], fails: [19.999]),
            Example(["multipleOf": 3], fits: [9, 9.0, "x"], fails: [10, 9.3]),
        ])
    func numbers(example: Example) throws { try check(example) }

    @Test(
        "strings",
        arguments: [
            Example(["minLength": 2, "maxLength": 3], fits: ["ab", "äöü", "😀😀", 1], fails: ["", "😀", "abcd"]),
            Example(["pattern": "^[A-Z]{2}-\\d+$"], fits: ["AB-1", 7], fails: ["AB-", "xAB-1", "AB-1\n", "AB-١"]),
            Example(["pattern": "lot"], fits: ["a lot of"], fails: ["batch"]),
            Example(["format": "date"], fits: ["not a date"], fails: []),
        ])
    func strings(example: Example) throws { try check(example) }

    @Test(
        "arrays",
        arguments: [
            Example(["minItems": 1, "maxItems": 2], fits: [[1], [1, 2], "x"], fails: [[], [1, 2, 3]]),
            Example(
                ["uniqueItems": true], fits: [[1, "1", true, [1], [2]], []],
                fails: [[1, 1.0], [["a": 1, "b": 2], ["b": 2, "a": 1]]]),
            Example(
                ["prefixItems": [["type": "string"], ["type": "number"]], "items": ["type": "boolean"]],
                fits: [[], ["a"], ["a", 1], ["a", 1, true, false]], fails: [[1], ["a", "b"], ["a", 1, 2]]),
            Example(["prefixItems": [true], "items": false], fits: [[], [1]], fails: [[1, 2]]),
            Example(["contains": ["minimum": 5]], fits: [[1, 5], "x"], fails: [[], [1, 2]]),
            Example(
                ["contains": ["minimum": 5], "minContains": 2, "maxContains": 3], fits: [[5, 5], [5, 5, 5, 1]],
                fails: [[5], [5, 5, 5, 5]]),
            Example(["contains": ["minimum": 5], "minContains": 0], fits: [[], [1]], fails: []),
            Example(
                [
                    "allOf": [["prefixItems": [true]]], "contains": ["const": "x"],
                    "unevaluatedItems": ["type": "number"],
                ],
                fits: [["a", "x", 1]], fails: [["a", "x", true], ["a", 1]]),
        ])
    func arrays(example: Example) throws { try check(example) }

    @Test(
        "objects",
        arguments: [
            Example(["required": ["a", "b"]], fits: [["a": .null, "b": 1], 1], fails: [[:], ["a": 1]]),
            Example(
                ["minProperties": 1, "maxProperties": 2], fits: [["a": 1]], fails: [[:], ["a": 1, "b": 1, "c": 1]]),
            Example(
                [
                    "properties": ["a": ["type": "string"]], "patternProperties": ["^x-": ["type": "number"]],
                    "additionalProperties": false,
                ],
                fits: [["a": "t", "x-1": 1], [:]], fails: [["a": 1], ["x-1": "t"], ["b": 1]]),
            Example(["additionalProperties": ["type": "number"]], fits: [["a": 1]], fails: [["a": "t"]]),
            Example(["propertyNames": ["maxLength": 3]], fits: [["abc": 1]], fails: [["abcd": 1]]),
            Example(["dependentRequired": ["a": ["b"]]], fits: [["b": 1], ["a": 1, "b": 1]], fails: [["a": 1]]),
            Example(
                ["dependentSchemas": ["a": ["minProperties": 2]]], fits: [["b": 1], ["a": 1, "b": 1]], fails: [["a": 1]]
            ),
            Example(
                ["dependencies": ["a": ["b"], "c": ["minProperties": 2]]], fits: [["a": 1, "b": 1]],
                fails: [["a": 1], ["c": 1]]),
            Example(
                [
                    "properties": ["a": true], "allOf": [["properties": ["b": true]]],
                    "if": ["properties": ["kind": ["const": "x"]], "required": ["kind"]],
                    "then": ["properties": ["c": true]], "unevaluatedProperties": false,
                ],
                fits: [["a": 1, "b": 1], ["a": 1, "kind": "x", "c": 1]], fails: [["d": 1], ["a": 1, "c": 1]]),
            Example(
                ["properties": ["\u{E9}": ["type": "number"]], "additionalProperties": false], fits: [["\u{E9}": 1]],
                fails: [["e\u{301}": 1]]),
        ])
    func objects(example: Example) throws { try check(example) }

    @Test(
        "combinations",
        arguments: [
            Example(["allOf": [["minimum": 1], ["maximum": 3]]], fits: [1, 3], fails: [0, 4]),
            Example(["anyOf": [["type": "string"], ["minimum": 3]]], fits: ["x", 3], fails: [2]),
            Example(["oneOf": [["multipleOf": 3], ["multipleOf": 5]]], fits: [9, 10], fails: [15, 7]),
            Example(["not": ["type": "null"]], fits: [1], fails: [.null]),
            Example(
                ["if": ["minimum": 10], "then": ["multipleOf": 10], "else": ["multipleOf": 2]], fits: [20, 4],
                fails: [15, 3]),
        ])
    func combinations(example: Example) throws { try check(example) }
}
