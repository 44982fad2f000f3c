import JSON
import Testing

@Suite("Schema messages")
struct SchemaMessageTests {
    @Test(
        "a violation is a sentence for a person who fills in a form",
        arguments: [
            (["type": "number", "title": "Quantity"], "three", "“Quantity” must be a number, but it is text."),
            (["type": "integer"], 1.5, "This must be a whole number, but it is a number with a fraction."),
            (["type": ["string", "null"]], true, "This must be text or empty (null), but it is true."),
            (["enum": ["scrap", "rework", 3]], "x", "This must be “scrap”, “rework” or 3."),
            (["const": true], false, "This must be true."),
            (["minimum": 1], 0, "This must be 1 or more."), (["maximum": 9.50], 10, "This must be 9.5 or less."),
            (["exclusiveMinimum": 0], 0, "This must be more than 0."),
            (["exclusiveMaximum": 5], 5, "This must be less than 5."),
            (["multipleOf": 0.25], 0.3, "This must be a multiple of 0.25."),
            (["multipleOf": 1], 0.3, "This must be a whole number."),
            (["minLength": 1, "title": "Reason"], "", "“Reason” must not be empty."),
            (["minLength": 3], "ab", "This must have at least 3 characters; it has 2."),
            (["maxLength": 1], "ab", "This must have at most 1 character; it has 2."),
            (
                ["pattern": "^L-\\d+$", "title": "Lot", "examples": ["L-7"]], "7",
                "“Lot” does not have the expected form; an example is “L-7”."
            ),
            (["pattern": "^L"], "7", "This does not have the expected form (^L)."),
            (["minItems": 1], [], "This must have at least 1 entry; it has none."),
            (["maxItems": 1], [1, 2], "This must have at most 1 entry; it has 2."),
            (
                ["uniqueItems": true], ["a", "b", "a"],
                "This must not have the same entry twice; entries 1 and 3 are the same."
            ),
            (["contains": ["title": "approver"]], [], "This must have at least 1 entry of the kind “approver”."),
            (["contains": true, "maxContains": 1], [1, 2], "This must have at most 1 entry of this kind."),
            (["required": ["lot"], "properties": ["lot": ["title": "Lot number"]]], [:], "“Lot number” is required."),
            (["dependentRequired": ["scrap": ["reason"]]], ["scrap": 1], "“reason” is required when “scrap” is given."),
            (
                ["properties": ["a": true, "b": true], "additionalProperties": false], ["c": 1],
                "“c” is not expected here; the possible fields are a, b."
            ),
            (["minProperties": 1], [:], "This must have at least 1 field; it has none."),
            (
                ["propertyNames": ["maxLength": 2]], ["abc": 1],
                "The name “abc” is not possible here: This must have at most 2 characters; it has 3."
            ),
            (["not": ["title": "Closed order"]], 1, "This must not be “Closed order”."),
            (
                ["anyOf": [["title": "Lot", "type": "string"], ["title": "Serial number", "type": "integer"]]], .null,
                "This must be “Lot” or “Serial number”."
            ),
            (
                ["oneOf": [["minimum": 1], ["minimum": 2]]], 3,
                "This fits 2 of the possible forms at once; it must fit only one."
            ),
            (["properties": ["a": false]], ["a": 1], "This must be left out."),
        ] as [(JSONValue, JSONValue, String)])
    func sentence(schema: JSONValue, value: JSONValue, expected: String) throws {
        let violations = try JSONSchema(schema).validate(value)
        #expect(violations.map(\.message) == [expected])
    }

    @Test("all violations are found, each with both paths and its keyword")
    func paths() throws {
        let schema = try JSONSchema([
            "properties": [
                "lots": ["items": ["$ref": "#/$defs/lot"]], "due/date": ["type": "string"],
            ], "required": ["plant"], "additionalProperties": false,
            "$defs": ["lot": ["properties": ["count": ["minimum": 1]]]],
        ])
        let violations = schema.validate(["lots": [["count": 1], ["count": 0]], "due/date": 1, "extra": 1])
        let found = violations.map { "\($0.instancePath) \($0.schemaPath) \($0.keyword)" }
        #expect(
            Set(found) == [
                " /required required", "/lots/1/count /properties/lots/items/$ref/properties/count/minimum minimum",
                "/due~1date /properties/due~1date/type type", "/extra /additionalProperties additionalProperties",
            ])
        #expect(violations.first { $0.keyword == "minimum" }?.description == "/lots/1/count: This must be 1 or more.")
    }

    @Test("of alternatives, the complaints of the one that is meant are given")
    func alternatives() throws {
        let schema = try JSONSchema([
            "oneOf": [
                ["properties": ["kind": ["const": "call"], "url": ["type": "string"]], "required": ["kind", "url"]],
                ["properties": ["kind": ["const": "wait"], "seconds": ["minimum": 1]], "required": ["kind"]],
            ]
        ])
        let violations = schema.validate(["kind": "wait", "seconds": 0])
        #expect(violations.map(\.instancePath.description) == ["/seconds"])
        #expect(violations.map(\.schemaPath.description) == ["/oneOf/1/properties/seconds/minimum"])
        #expect(schema.validate(["kind": "other"]).map(\.message) == ["This has none of the 2 possible forms."])
    }

    @Test("what a failed schema has looked at causes no second complaint")
    func noEcho() throws {
        let schema = try JSONSchema([
            "allOf": [["properties": ["a": ["type": "string"]]]], "unevaluatedProperties": false,
        ])
        #expect(schema.validate(["a": 1]).map(\.keyword) == ["type"])
        #expect(schema.validate(["b": 1]).map(\.keyword) == ["unevaluatedProperties"])
    }
}

@Suite("Schema defaults")
struct SchemaDefaultTests {
    @Test("absent properties are filled in, present ones are kept, at every level")
    func filling() throws {
        let schema = try JSONSchema([
            "properties": [
                "limit": ["default": 5], "unit": ["$ref": "#/$defs/unit"], "note": [:],
                "shift": ["default": [:], "properties": ["start": ["default": "06:00"]]],
                "lots": ["items": ["allOf": [["properties": ["count": ["default": 1]]]]]],
                "pair": ["prefixItems": [true, ["properties": ["x": ["default": .null]]]]],
            ], "$defs": ["unit": ["type": "string", "default": "pcs"]],
        ])
        let filled = schema.applyingDefaults(to: ["lots": [[:], ["count": 3], 7], "limit": 2, "pair": [[:], [:]]])
        #expect(
            filled.serialized()
                == #"{"lots":[{"count":1},{"count":3},7],"limit":2,"pair":[{},{"x":null}],"unit":"pcs","shift":{"start":"06:00"}}"#
        )
        #expect(schema.applyingDefaults(to: "text") == "text")
    }

    @Test("a schema that refers to itself fills in what is there and ends")
    func recursive() throws {
        let schema = try JSONSchema(["properties": ["next": ["$ref": "#"], "n": ["default": 0]]])
        #expect(schema.applyingDefaults(to: ["next": [:]]) == ["next": ["n": 0], "n": 0])
        let endless = try JSONSchema(["properties": ["next": ["$ref": "#", "default": [:]]]])
        #expect(onSmallStack(bytes: evaluationStackBytes) { endless.applyingDefaults(to: [:]).objectValue?.count } == 1)
    }
}
