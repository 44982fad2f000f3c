import JSON
import Testing

@Suite("Schema limits")
struct SchemaLimitTests {
    private let tooComplex = "This cannot be checked, because it or its schema is too complex."

    @Test("a schema that refers to itself without end is stopped on a small stack")
    func endless() throws {
        for schema in [
            ["$ref": "#"], ["allOf": [["$ref": "#"]]], ["not": ["$ref": "#"]],
            ["anyOf": [["$ref": "#"], ["$ref": "#"]]],
        ]
            as [JSONValue]
        {
            let compiled = try JSONSchema(schema)
            #expect(onSmallStack(bytes: evaluationStackBytes) { compiled.validate(1).map(\.message) } == [tooComplex])
            #expect(!compiled.accepts(1))
        }
    }

    @Test("a schema that doubles its work at every level is stopped")
    func doubling() throws {
        var definitions = JSONObject()
        for level in 0..<40 {
            let next: JSONValue = ["$ref": "#/$defs/level\(level + 1)"]
            definitions["level\(level)"] = ["anyOf": [next, next]]
        }
        definitions["level40"] = false
        var schema = try JSONSchema(["$defs": .object(definitions), "$ref": "#/$defs/level0"])
        schema.maximumSteps = 20_000
        #expect(schema.validate(1).map(\.message) == [tooComplex])
    }

    @Test("the deepest value that is read is checked or refused on a small stack")
    func deep() throws {
        let schema = try JSONSchema([
            "type": ["array", "object", "integer"], "items": ["$ref": "#"],
            "properties": ["a": ["anyOf": [["type": "null"], ["$ref": "#"]]]], "unevaluatedProperties": false,
        ])
        for (opening, closing) in [("[", "]"), ("{\"a\":", "}")] {
            for depth in [30, 512] {
                let text = String(repeating: opening, count: depth) + "1" + String(repeating: closing, count: depth)
                let value = try JSONValue(parsing: text)
                let messages = onSmallStack(bytes: evaluationStackBytes) { schema.validate(value).map(\.message) }
                #expect(messages == (depth == 30 ? [] : [tooComplex]))
            }
        }
    }

    @Test("the complaints about deeply nested alternatives do not double at every level")
    func nestedAlternatives() throws {
        let schema = try JSONSchema(["anyOf": [["type": "integer"], ["type": "array", "items": ["$ref": "#"]]]])
        let text = String(repeating: "[", count: 60) + "true" + String(repeating: "]", count: 60)
        let violations = schema.validate(try JSONValue(parsing: text))
        #expect(violations.count == 1)
        #expect(violations.first?.message != tooComplex)
    }

    @Test(
        "a regular expression that would go back for ever is stopped",
        arguments: ["^(a+)+$", "^(a|a)*$", "^(.*?,){12}P", "(a*)*b"])
    func backtracking(pattern: String) throws {
        let schema = try JSONSchema(["pattern": JSONValue(pattern)])
        let hostile =
            pattern.contains(",") ? String(repeating: "1,", count: 30) : String(repeating: "a", count: 40) + "!"
        let messages = schema.validate(.string(hostile)).map(\.message)
        #expect(messages.count == 1)
    }

    @Test("a regular expression that would grow without bounds is refused")
    func growth() {
        for pattern in [
            "((a{1000}){1000}){1000}", "a{99999}",
            String(repeating: "(", count: 60) + String(repeating: ")", count: 60), String(repeating: "a", count: 9000),
        ] {
            #expect(throws: JSONSchemaError.self) { try JSONSchema(["pattern": JSONValue(pattern)]) }
        }
    }

    @Test("a deeply nested schema is compiled on a small stack")
    func deepSchema() throws {
        let text = String(repeating: "{\"not\":", count: 500) + "true" + String(repeating: "}", count: 500)
        let schema = try JSONValue(parsing: text)
        #expect(onSmallStack(bytes: evaluationStackBytes) { (try? JSONSchema(schema)) != nil })
    }
}
