import JSON
import Testing

@Suite("Schema references")
struct SchemaReferenceTests {
    @Test("a recursive schema describes a tree")
    func tree() throws {
        let schema = try JSONSchema([
            "$defs": [
                "node": [
                    "properties": ["children": ["items": ["$ref": "#/$defs/node"]], "name": ["type": "string"]],
                    "required": ["name"],
                ]
            ],
            "$ref": "#/$defs/node",
        ])
        #expect(schema.accepts(["name": "a", "children": [["name": "b", "children": []]]]))
        let violations = schema.validate(["name": "a", "children": [["name": "b"], ["children": []]]])
        #expect(violations.map(\.instancePath.description) == ["/children/1"])
        #expect(violations.map(\.schemaPath.description) == ["/$ref/properties/children/items/$ref/required"])
    }

    @Test("documents of the table are reached by URI, pointer and anchor, and refer to each other")
    func table() throws {
        let resources: [String: JSONValue] = [
            "https://example.com/schemas/lot": [
                "$id": "https://example.com/schemas/lot", "properties": ["supplier": ["$ref": "partner#supplier"]],
            ],
            "https://example.com/schemas/partner#": [
                "$defs": ["s": ["$anchor": "supplier", "type": "string", "minLength": 2]]
            ],
        ]
        let schema = try JSONSchema(
            [
                "$id": "https://example.com/schemas/order",
                "properties": ["lot": ["$ref": "/schemas/lot"], "by": ["$ref": "./partner#/$defs/s"]],
            ], resources: resources)
        #expect(schema.accepts(["lot": ["supplier": "Nord"], "by": "Süd"]))
        #expect(!schema.accepts(["lot": ["supplier": "N"]]))
        #expect(!schema.accepts(["by": 1]))
    }

    @Test("a dynamic reference means the outermost anchor of its name")
    func dynamic() throws {
        let list: JSONValue = [
            "$id": "https://example.com/list", "items": ["$dynamicRef": "#element"],
            "$defs": ["default": ["$dynamicAnchor": "element"]],
        ]
        let numbers: JSONValue = [
            "$id": "https://example.com/numbers", "$ref": "list",
            "$defs": ["element": ["$dynamicAnchor": "element", "type": "number"]],
        ]
        let resources = ["https://example.com/list": list]
        #expect(try JSONSchema(list).accepts([1, "a"]))
        #expect(try JSONSchema(numbers, resources: resources).accepts([1, 2]))
        #expect(try !JSONSchema(numbers, resources: resources).accepts([1, "a"]))
    }

    @Test("an embedded resource has its own base")
    func embedded() throws {
        let schema = try JSONSchema([
            "$id": "https://example.com/a/root", "items": ["$ref": "b/inner"],
            "$defs": ["x": ["$id": "b/inner", "$ref": "#/$defs/y", "$defs": ["y": ["const": 1]]], "y": ["const": 2]],
        ])
        #expect(schema.accepts([1]))
        #expect(!schema.accepts([2]))
    }

    @Test("schemas are valid by the metaschema, and what is no schema is not")
    func metaschema() throws {
        let metaschema = try JSONSchema(["$ref": "https://json-schema.org/draft/2020-12/schema"])
        #expect(metaschema.accepts(["type": "string", "properties": ["a": ["minLength": 1]]]))
        #expect(!metaschema.accepts(["type": "text"]))
        #expect(!metaschema.accepts(["properties": ["a": ["minLength": -1]]]))
        #expect(
            metaschema.validate(["items": ["required": "a"]]).map(\.instancePath.description) == ["/items/required"])
    }

    @Test("a dialect without validation leaves its keywords alone; one with format assertion checks formats")
    func vocabularies() throws {
        func metaschema(_ vocabularies: [String]) -> JSONValue {
            let prefix = "https://json-schema.org/draft/2020-12/vocab/"
            let members = JSONObject(uniqueKeysWithValues: vocabularies.map { (prefix + $0, true) })
            return ["$schema": "https://json-schema.org/draft/2020-12/schema", "$vocabulary": .object(members)]
        }
        let resources = [
            "https://example.com/applying": metaschema(["core", "applicator"]),
            "https://example.com/asserting": metaschema(["core", "validation", "format-assertion"]),
        ]
        let applying = try JSONSchema(
            ["$schema": "https://example.com/applying", "properties": ["a": false], "type": "string"],
            resources: resources)
        #expect(applying.accepts(1))
        #expect(!applying.accepts(["a": 1]))
        let asserting = try JSONSchema(
            ["$schema": "https://example.com/asserting", "format": "date"], resources: resources)
        #expect(!asserting.accepts("tomorrow"))
    }
}

@Suite("Schema mistakes")
struct SchemaMistakeTests {
    private func problems(_ schema: JSONValue, _ resources: [String: JSONValue] = [:]) -> [String] {
        do {
            _ = try JSONSchema(schema, resources: resources)
            return []
        } catch {
            return error.problems.map(\.description).sorted()
        }
    }

    @Test(
        "a keyword with a value that it cannot have is reported at its place",
        arguments: [
            (["type": "text"], "#/type"), (["type": []], "#/type"), (["enum": 1], "#/enum"),
            (["minLength": -1], "#/minLength"),
            (["maxItems": 1.5], "#/maxItems"), (["minimum": "1"], "#/minimum"), (["multipleOf": 0], "#/multipleOf"),
            (["pattern": "("], "#/pattern"), (["pattern": 1], "#/pattern"), (["required": ["a", 1]], "#/required"),
            (["properties": ["a": 1]], "#/properties/a"), (["properties": []], "#/properties"),
            (["patternProperties": ["[": true]], "#/patternProperties/["), (["items": [true]], "#/items"),
            (["allOf": []], "#/allOf"), (["anyOf": [true, "x"]], "#/anyOf/1"), (["not": .null], "#/not"),
            (["uniqueItems": 1], "#/uniqueItems"), (["dependentRequired": ["a": "b"]], "#/dependentRequired"),
            (["$ref": 1], "#/$ref"), (["format": 1], "#/format"), (["$defs": ["a": ["type": 1]]], "#/$defs/a/type"),
            ("schema", "#"), (.null, "#"), ([], "#"),
        ] as [(JSONValue, String)])
    func keywords(schema: JSONValue, place: String) {
        let problems = problems(schema)
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix(place + ": ") == true, "\(problems)")
    }

    @Test("a reference that leads nowhere is reported, and nothing is fetched")
    func references() {
        #expect(problems(["$ref": "#/$defs/x"]).first?.contains("does not exist") == true)
        #expect(problems(["$ref": "#x"]).first?.contains("anchor") == true)
        #expect(problems(["$ref": "https://example.com/x"]).first?.contains("was not given") == true)
        #expect(problems(["$id": "#x"]).first?.contains("fragment") == true)
        #expect(problems(["$schema": "http://json-schema.org/draft-07/schema#"]).first?.contains("dialect") == true)
        #expect(problems(["$defs": ["a": ["$id": "x"], "b": ["$id": "x"]]]).first?.contains("twice") == true)
        #expect(
            problems(
                ["$schema": "https://example.com/m"],
                ["https://example.com/m": ["$vocabulary": ["https://example.com/v": true]]]
            ).first?.contains("requires the vocabulary") == true)
    }

    @Test("all mistakes are reported at once")
    func together() {
        #expect(
            problems(["type": "x", "items": ["minimum": .null, "$ref": "#/a"], "$defs": ["unused": ["pattern": "*"]]])
                .count == 4)
    }
}
