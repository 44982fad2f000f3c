import JSON
import Testing

@Suite("Several values in one text")
struct SequenceTests {
    private func values(_ text: String) throws -> [JSONValue] {
        var sequence = try JSONSequence(Array(text.utf8))
        var values: [JSONValue] = []
        while let value = try sequence.next() { values.append(value) }
        return values
    }

    @Test(
        "values may stand on lines of their own, be parted by any white space, or touch where they cannot be mistaken")
    func reads() throws {
        #expect(try values("") == [])
        #expect(try values(" \n\t ") == [])
        #expect(try values("{\"a\":1}\n{\"a\":2}\n") == [["a": 1], ["a": 2]])
        #expect(try values("1 2\r\n3") == [1, 2, 3])
        #expect(try values("[1][2]{}\"x\"\"y\"") == [[1], [2], [:], "x", "y"])
        #expect(try values("null\"x\"[true]") == [.null, "x", [true]])
    }

    @Test("what comes before a mistake is read, the mistake is placed in the whole text, and nothing follows it")
    func mistakes() throws {
        var sequence = try JSONSequence(Array("{\"a\":1}\n{\"a\":}\n3".utf8))
        #expect(try sequence.next() == ["a": 1])
        let error = #expect(throws: JSONParseError.self) { try sequence.next() }
        #expect(error?.line == 2)
        #expect(error?.column == 6)
        #expect(try sequence.next() == nil)
        for text in ["12true", "truefalse", "nulll", "1.2.3", "[1", "1,2", "-", "\"a"] {
            #expect(throws: JSONParseError.self, "\(text)") { try values(text) }
        }
    }

    @Test("the limits hold for each value")
    func limits() throws {
        let limits = JSONLimits(maximumBytes: 100, maximumDepth: 2, maximumKeys: 1)
        var sequence = try JSONSequence(Array("{\"a\":1} {\"b\":[]} [[[]]]".utf8), limits: limits)
        #expect(try sequence.next() == ["a": 1])
        #expect(try sequence.next() == ["b": []])
        #expect(throws: JSONParseError.self) { try sequence.next() }
        #expect(throws: JSONParseError.self) { try JSONSequence([UInt8](repeating: 32, count: 101), limits: limits) }
    }
}
