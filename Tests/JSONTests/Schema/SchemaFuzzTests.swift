import JSON
import Testing

/// Schemas and regular expressions changed at random: whatever they have become, they crash nothing, and the two ways to
/// ask for a verdict agree.
@Suite("Schema fuzz")
struct SchemaFuzzTests {
    private static let corpus = [
        ##"{"$defs":{"a":{"$anchor":"x","type":["string","null"],"minLength":1}},"properties":{"a":{"$ref":"#x"},"b":{"$ref":"#/$defs/a"}},"required":["a"]}"##,
        ##"{"anyOf":[{"type":"array","prefixItems":[true],"items":{"$ref":"#"},"uniqueItems":true},{"enum":[1,"a",null]}],"unevaluatedItems":false}"##,
        ##"{"$id":"https://example.com/a","$dynamicAnchor":"m","items":{"$dynamicRef":"#m"},"if":{"maxItems":2},"then":{"contains":{"const":1},"minContains":0},"else":false}"##,
        ##"{"patternProperties":{"^a(b|c)*[^d-f\\w]{1,3}$":{"multipleOf":0.01,"exclusiveMaximum":1e3}},"additionalProperties":{"format":"date"},"dependentRequired":{"a":["b"]}}"##,
    ].map { Array($0.utf8) }

    private static let values: [JSONValue] = [
        .null, true, 1, 2.5, "a", "2026-03-14", [], [1], [1, [1, "a"], .null], [:], ["a": "x", "b": .null],
        ["abc!": 0.03, "b": []],
        ["a": ["a": ["a": 1]]],
    ]

    @Test("mutated schemas crash nothing")
    func schemas() throws {
        let seed = PublicSuite.environment("MILLWRIGHT_FUZZ_SEED").flatMap(UInt64.init) ?? .random(in: 1...(.max))
        print("JSON Schema fuzz: 5000 mutations from seed \(seed)")
        var random = SplitMix(state: seed)
        var compiled = 0
        for round in 0..<5000 {
            var text = Self.corpus[Int.random(in: 0..<Self.corpus.count, using: &random)]
            for _ in 0..<Int.random(in: 1...3, using: &random) { Mutation.change(&text, from: Self.corpus, &random) }
            guard let document = try? JSONValue(parsing: text),
                var schema = try? JSONSchema(document, formatAssertion: true)
            else { continue }
            compiled += 1
            schema.maximumSteps = 20_000
            for value in Self.values where schema.accepts(value) != schema.validate(value).isEmpty {
                Issue.record("seed \(seed), round \(round): two verdicts on \(value): \(document)")
            }
            _ = schema.applyingDefaults(to: Self.values[Int.random(in: 0..<Self.values.count, using: &random)])
        }
        #expect(compiled > 100, "the mutations leave nothing that is a schema")
    }

    private static let pieces = [
        "a", "é", "😀", ".", "^", "$", "|", "(", ")", "(?:", "(?=", "(?!", "(?<=", "(?<!", "(?<n>", "[", "]", "[^", "-",
        "&&", "*", "+",
        "?", "{2}", "{1,3}", "{0,}", "{", "}", "\\", "\\d", "\\W", "\\b", "\\B", "\\1", "\\k<n>", "\\p{L}", "\\P{Lu}",
        "\\u0041", "\\u{1F600}",
        "\\x4", "\\cA", "\\0", "\\-", "#", " ", "\n",
    ]

    @Test("random regular expressions crash nothing, and a match is the same twice")
    func patterns() throws {
        let seed = PublicSuite.environment("MILLWRIGHT_FUZZ_SEED").flatMap(UInt64.init) ?? .random(in: 1...(.max))
        print("regular expression fuzz: 20000 expressions from seed \(seed)")
        var random = SplitMix(state: seed)
        var compiled = 0
        for round in 0..<20_000 {
            let source = (0..<Int.random(in: 1...12, using: &random))
                .map { _ in Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &random)] }.joined()
            guard let schema = try? JSONSchema(["pattern": .string(source)]) else { continue }
            compiled += 1
            for text in ["", "a", "aé😀aA \n", "-&[]{}1"] {
                if schema.accepts(.string(text)) != schema.validate(.string(text)).isEmpty {
                    Issue.record("seed \(seed), round \(round): two verdicts of \(source) on \(text)")
                }
            }
        }
        #expect(compiled > 1000, "the pieces make nothing that is an expression")
    }
}
