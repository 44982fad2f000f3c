import JSON
import Primitives
import Testing
import Workflow

@Suite("decision tables")
struct DecisionTableTests {
    private static let matrix: JSONValue = [
        "hitPolicy": "first", "inputs": ["amount", "category"],
        "rows": [
            ["when": ["amount": "< 1000", "category": "spare-part, consumable"], "then": ["roles": ["supervisor"]]],
            ["when": ["amount": "[1000..5000)"], "then": ["roles": ["supervisor", "quality-manager"]]],
            ["when": ["category": "not(capital)"], "then": ["roles": ["plant-admin"]]],
        ],
        "otherwise": ["roles": ["client-admin"]],
    ]

    @Test(
        "the first row that holds decides, and the rest is for “otherwise”",
        arguments: [
            (999.99, "consumable", [1], "supervisor"), (1000, "capital", [2], "supervisor"),
            (4999, "spare-part", [2], "supervisor"), (5000, "spare-part", [3], "plant-admin"),
            (5000, "capital", [], "client-admin"), (10, "service", [3], "plant-admin"),
        ] as [(Double, String, [Int], String)])
    func first(_ amount: Double, _ category: String, _ rows: [Int], _ role: String) throws {
        let decision = try DecisionTable(json: Self.matrix)
            .decide(["amount": JSONValue(amount), "category": .string(category)])
        #expect(decision.rows == rows && decision.result["roles"]?[0]?.stringValue == role, "\(decision)")
    }

    @Test("all gives what follows from each row, collect puts it together")
    func several() throws {
        var object = try #require(Self.matrix.objectValue)
        object["rows"] = [
            ["when": ["amount": ">= 100"], "then": ["roles": ["supervisor"], "limit": 5]],
            ["when": ["amount": ">= 1000"], "then": ["roles": ["supervisor", "quality-manager"], "limit": 9]],
            ["when": ["amount": ">= 10000"], "then": ["roles": ["client-admin"], "limit": 7]],
        ]
        object["hitPolicy"] = "all"
        #expect(try DecisionTable(json: .object(object)).decide(["amount": 2000]).result.arrayValue?.count == 2)
        #expect(try DecisionTable(json: .object(object)).decide(["amount": 1]).result == [["roles": ["client-admin"]]])
        object["hitPolicy"] = "collect"
        object["aggregate"] = ["limit": "max"]
        let decision = try DecisionTable(json: .object(object)).decide(["amount": 2000])
        #expect(decision.rows == [1, 2])
        #expect(decision.result == ["roles": ["supervisor", "quality-manager"], "limit": 9])
    }

    @Test(
        "conditions",
        arguments: [
            ("-", JSONValue.null, true), ("10", 10, true), ("10", "10", false), ("\"10\"", "10", true),
            ("= 10", 10.0, true), ("!= 10", 11, true), ("< 10", 10, false), ("<= 10", 10, true), ("> -1", 0, true),
            ("(1..3]", 1, false), ("(1..3]", 3, true), ("[2026-01-01..2026-12-31]", "2026-06-05", true),
            ("[2026-01-01..2026-12-31]", "2027-01-01", false), ("not(a, b)", "c", true), ("not(a, b)", "b", false),
            ("a, < 5", 4, true), ("\"a, b\", c", "a, b", true), ("true", true, true), ("< 5", "4", false),
            ("null", .null, true), ("> 5", .null, false), ("< b", "a", true),
        ] as [(String, JSONValue, Bool)])
    func conditions(_ text: String, _ value: JSONValue, _ holds: Bool) throws {
        #expect(try UnaryTest(json: .string(text)).holds(value) == holds)
    }

    @Test("lists and plain values of JSON are compared as they are")
    func plainValues() throws {
        #expect(try UnaryTest(json: [1, "> 5"]).holds(6) && UnaryTest(json: [1, "> 5"]).holds(1))
        #expect(try !UnaryTest(json: [1, "> 5"]).holds(2))
        #expect(try UnaryTest(json: true).holds(true) && !UnaryTest(json: true).holds("true"))
        #expect(try UnaryTest(json: .null).holds(.null))
    }

    @Test("every mistake is named at its place")
    func mistakes() throws {
        let wrong: JSONValue = [
            "hitPolicy": "most", "inputs": ["a"], "colour": 1,
            "rows": [
                ["when": ["b": "1"]], ["when": ["a": ""], "then": 1], ["when": ["a": "\"x"], "then": 1],
                ["when": ["a": ["b": 1]], "then": 1], ["when": ["a": "[1..x]"], "then": 1],
            ],
        ]
        let error = try #require(throws: DecisionTableMistakes.self) { try DecisionTable(json: wrong) }
        #expect(
            error.items.map(\.path).sorted() == [
                "/colour", "/hitPolicy", "/rows/0/then", "/rows/0/when/b", "/rows/1/when/a", "/rows/2/when/a",
                "/rows/3/when/a", "/rows/4/when/a",
            ])
        #expect(throws: DecisionTableMistakes.self) { try DecisionTable(json: ["rows": []]) }
        #expect(throws: DecisionTableMistakes.self) {
            try DecisionTable(json: ["hitPolicy": "collect", "rows": [["then": 1]]])
        }
    }

    @Test("a hostile condition ends with a mistake")
    func hostile() {
        let deep = String(repeating: "not(", count: 200) + "a" + String(repeating: ")", count: 200)
        #expect(throws: UnaryTest.Mistake.self) { try UnaryTest(json: .string(deep)) }
        let long = String(repeating: "a,", count: 2_000)
        #expect(throws: UnaryTest.Mistake.self) { try UnaryTest(json: .string(long)) }
    }

    // MARK: The function

    @Test("a template decides by a table that its plant gives, and the journal shows which rows held")
    func function() throws {
        let given = try Given(
            """
            - approval:
                call: decision-table:1.0.0@default
                with:
                  table: ${ $context.parameters.matrix }
                  input: {amount: '${ .amount }', category: capital}
            """)
        let report = given.run(["amount": 1500], parameters: ["matrix": Self.matrix])
        #expect(report.status == .completed, "\(report.error as Any)")
        #expect(report.output?["result"]?["roles"] == ["supervisor", "quality-manager"])
        let entry = try #require(report.journal.first { $0.taskType == "decision-table" })
        #expect(entry.detail == ["input": ["amount": 1500, "category": "capital"], "rows": [2]])
        #expect(given.run(["amount": 1], parameters: ["matrix": 7]).error?.type == StandardErrorType.validation.uri)
    }

    @Test("a table that is written out is checked when the definition is decoded")
    func decoding() throws {
        let decoded = try decode(
            document(
                """
                - approval:
                    call: decision-table:1.0.0@default
                    with: {input: {}, table: {rows: [{when: {amount: '\\"'}, then: 1}]}}
                """))
        #expect(decoded.diagnostics.contains { $0.code == .invalidTable && $0.path.description.hasSuffix("/amount") })
    }
}
