import JSON
import Testing

/// Changes JSON texts at random, from a seed that is printed, and asks of the parser: no crash, the same verdict as the
/// reference reader, and what was read can be written and read again.
///
/// `MILLWRIGHT_FUZZ_MUTATIONS` and `MILLWRIGHT_FUZZ_SEED` say how many and from where.
@Suite("Fuzz")
struct FuzzTests {
    private static let corpus = [
        #"{"specversion":"1.0","id":"A-1","source":"/plants/1","data":{"v":[1,2.50,-3e-2,true,null],"t":"grün \ud83d\ude00"}}"#,
        #"[0,-0,1.0,1e400,123456789012345678901234567890,0.1234567890123456789,[[[]]],{"":{"":{}}}]"#,
        "{" + (0..<12).map { "\"key \($0)\":\"\\u00e9\\n\\\\ value of some length \($0)\"" }.joined(separator: ",")
            + "}",
        #" [ "\"\\\/\b\f\n\r\t" , "😀é€" , { "a" : [ ] , "b" : { } , "a" : false } ] "#,
        String(repeating: "[{\"a\":", count: 12) + "1" + String(repeating: "}]", count: 12),
    ].map { Array($0.utf8) }

    @Test("mutated texts crash nothing and are judged as the grammar says")
    func mutations() {
        let count = PublicSuite.environment("MILLWRIGHT_FUZZ_MUTATIONS").flatMap(Int.init) ?? 20_000
        let seed = PublicSuite.environment("MILLWRIGHT_FUZZ_SEED").flatMap(UInt64.init) ?? .random(in: 1...(.max))
        print("JSON fuzz: \(count) mutations from seed \(seed)")
        var random = SplitMix(state: seed)
        let limits = JSONLimits(maximumDepth: 20)
        var accepted = 0
        for round in 0..<count {
            var text = Self.corpus[Int.random(in: 0..<Self.corpus.count, using: &random)]
            for _ in 0..<Int.random(in: 1...4, using: &random) { Mutation.change(&text, from: Self.corpus, &random) }
            let expected = ReferenceReader.accepts(text, maximumDepth: 20)
            let value = try? JSONValue(parsing: text, limits: limits)
            if (value != nil) != expected {
                Issue.record("seed \(seed), round \(round): \(expected ? "refused" : "accepted") \(text)")
                return
            }
            guard let value else { continue }
            accepted += 1
            for style in [JSONStyle.compact, .pretty, .canonical] {
                if (try? JSONValue(parsing: value.serializedBytes(style))) != value {
                    Issue.record("seed \(seed), round \(round): \(style) does not come back: \(text)")
                    return
                }
            }
        }
        #expect(accepted > count / 100, "the mutations leave nothing that is JSON")
        #expect(accepted < count, "the mutations break nothing")
    }
}
