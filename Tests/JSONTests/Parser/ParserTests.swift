import JSON
import Testing

@Suite("Parser")
struct ParserTests {
    private func code(_ text: String, _ limits: JSONLimits = .default) -> JSONParseError.Code? {
        do {
            _ = try JSONValue(parsing: text, limits: limits)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(
        "text that is not JSON is refused with what is wrong",
        arguments: [
            ("", .unexpectedEnd), (" ", .unexpectedEnd), ("[", .unexpectedEnd), ("{\"a\":", .unexpectedEnd),
            ("\"abc", .unexpectedEnd), ("tru", .unexpectedEnd), ("-", .unexpectedEnd), ("1.", .unexpectedEnd),
            ("1e", .unexpectedEnd), ("\"\\u12", .unexpectedEnd),
            ("truE", .unexpectedCharacter), ("[1,]", .unexpectedCharacter), ("[,1]", .unexpectedCharacter),
            ("{,}", .unexpectedCharacter), ("{\"a\":1,}", .unexpectedCharacter), ("{a:1}", .unexpectedCharacter),
            ("{\"a\" 1}", .unexpectedCharacter), ("[1 2]", .unexpectedCharacter), ("[1}", .unexpectedCharacter),
            ("{\"a\":1]", .unexpectedCharacter), ("'a'", .unexpectedCharacter), ("+1", .unexpectedCharacter),
            (".5", .unexpectedCharacter), ("NaN", .unexpectedCharacter), ("Infinity", .unexpectedCharacter),
            ("\u{FEFF}1", .unexpectedCharacter), ("\u{A0}1", .unexpectedCharacter), ("// x\n1", .unexpectedCharacter),
            ("1 1", .trailingContent), ("{}}", .trailingContent), ("01", .trailingContent), ("-01", .trailingContent),
            ("1x", .trailingContent), ("0x10", .trailingContent), ("null\0", .trailingContent),
            ("-a", .invalidNumber), ("1.a", .invalidNumber), ("1e+", .unexpectedEnd), ("[1e+]", .invalidNumber),
            ("\"\\x\"", .invalidEscape), ("\"\\u12g4\"", .invalidEscape), ("\"\\U0041\"", .invalidEscape),
            ("\"\\ud800\"", .unpairedSurrogate), ("\"\\udc00\"", .unpairedSurrogate),
            ("\"\\ud800\\u0041\"", .unpairedSurrogate), ("\"\\ud800x\"", .unpairedSurrogate),
            ("\"\u{1}\"", .controlCharacter), ("\"a\nb\"", .controlCharacter), ("\"\\n\t\"", .controlCharacter),
        ] as [(String, JSONParseError.Code)])
    func refused(text: String, expected: JSONParseError.Code) {
        #expect(code(text) == expected)
    }

    @Test(
        "bytes that are not UTF-8 are refused where they begin",
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
            [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
            [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC3, 0x28],
        ] as [[UInt8]])
    func notUTF8(bad: [UInt8]) {
        for prefix in ["", "abcdefgh", "é\\n"] {
            let text = Array("[\"\(prefix)".utf8) + bad + Array("\"]".utf8)
            let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: text) }
            #expect(error?.code == .invalidUTF8)
            #expect(error?.offset == 2 + prefix.utf8.count)
        }
    }

    @Test("an error says its line and column in characters")
    func place() {
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: "{\n  \"grün\": 1,\n  \"ö\": ?\n}") }
        #expect(error?.line == 3)
        #expect(error?.column == 8)
        #expect(error?.description == "line 3, column 8: This character cannot stand here.")
    }

    @Test("scalars, escapes and white space are read")
    func read() throws {
        #expect(try JSONValue(parsing: " \t\r\n null ") == .null)
        #expect(try JSONValue(parsing: "[true,false]") == [true, false])
        #expect(
            try JSONValue(parsing: #""\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\uD83D\uDE00""#) == "\"\\/\u{8}\u{c}\n\r\tAé€😀")
        #expect(try JSONValue(parsing: #""\u0000""#) == "\0")
        #expect(try JSONValue(parsing: "\"\u{7F}\"") == "\u{7F}")
        #expect(try JSONValue(parsing: "\"grüße, 世界, 👩‍🏭\"") == "grüße, 世界, 👩‍🏭")
        #expect(try JSONValue(parsing: "{ \"a\" : [ ] , \"b\" : { } }") == ["a": [], "b": [:]])
        #expect(try JSONValue(parsing: Array("[1]".utf8)) == [1])
    }

    @Test("a string of any length is read as it is, whatever stands at a word's border")
    func everyLength() throws {
        for length in 0..<40 {
            for special in ["", "\\n", "é", "\\u00e9", "😀"] {
                let padding = String(repeating: "x", count: length)
                let value = try JSONValue(parsing: "[\"\(padding)\(special)\(padding)\"]")
                let expected = special == "\\n" ? "\n" : special == "\\u00e9" ? "é" : special
                #expect(value[0]?.stringValue == padding + expected + padding)
            }
        }
    }

    @Test("keys keep their order; of two equal keys the last value stands in the first place")
    func duplicates() throws {
        let value = try JSONValue(parsing: #"{"z":1,"a":2,"z":3,"m":4}"#)
        #expect(value.objectValue?.keys == ["z", "a", "m"])
        #expect(value["z"] == 3)
        var strict = JSONLimits.default
        strict.rejectDuplicateKeys = true
        #expect(code(#"{"a":1,"b":{"c":1,"c":2}}"#, strict) == .duplicateKey)
        #expect(code(#"{"a":1,"\u0061":2}"#, strict) == .duplicateKey)
        #expect(code(#"{"a":1,"b":{"a":1}}"#, strict) == nil)
        let many = "{" + (0..<100).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
        #expect(code(many + "}", strict) == nil)
        #expect(code(many + ",\"k50\":0}", strict) == .duplicateKey)
        #expect(try JSONValue(parsing: many + ",\"k50\":0}")["k50"] == 0)
    }

    @Test("keys that Unicode calls equivalent are different keys")
    func equivalentKeys() throws {
        let value = try JSONValue(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(value.objectValue?.count == 2)
        #expect(value["\u{E9}"] == 1)
        #expect(value["e\u{301}"] == 2)
    }
}

@Suite("Parser limits")
struct ParserLimitTests {
    private func code(_ text: String, _ limits: JSONLimits) -> JSONParseError.Code? {
        do {
            _ = try JSONValue(parsing: text, limits: limits)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("a document is as long as the limit, not longer")
    func bytes() {
        #expect(code("[1,2]", JSONLimits(maximumBytes: 5)) == nil)
        #expect(code("[1,2] ", JSONLimits(maximumBytes: 5)) == .tooManyBytes)
    }

    @Test("a document is as deep as the limit, not deeper, and siblings do not add up")
    func depth() {
        let limits = JSONLimits(maximumDepth: 3)
        #expect(code("[[[]],[[1]],{\"a\":{}}]", limits) == nil)
        #expect(code("[[[[]]]]", limits) == .tooDeep)
        #expect(code("[{\"a\":[{}]}]", limits) == .tooDeep)
        #expect(code("1", JSONLimits(maximumDepth: 0)) == nil)
        #expect(code("[]", JSONLimits(maximumDepth: 0)) == .tooDeep)
    }

    @Test("elements are counted over all arrays, besides the first of each")
    func elements() {
        let limits = JSONLimits(maximumElements: 3)
        #expect(code("[[1,2],[3,4],[]]", limits) == .tooManyElements)
        #expect(code("[[1,2],[3,4]]", limits) == nil)
        #expect(code(#"{"a":1,"b":[1],"c":"1,2,3,4","d":2}"#, limits) == nil)
    }

    @Test("keys are counted over the whole document")
    func keys() {
        let limits = JSONLimits(maximumKeys: 3)
        #expect(code(#"[{"a":1},{"a":1,"b":2}]"#, limits) == nil)
        #expect(code(#"[{"a":1},{"a":1,"b":2},{"c":1}]"#, limits) == .tooManyKeys)
    }

    @Test("a number is as long as the limit, not longer")
    func numbers() {
        let limits = JSONLimits(maximumNumberBytes: 10)
        #expect(code("[1234567890]", limits) == nil)
        #expect(code("[12345678901]", limits) == .numberTooLong)
        #expect(code("[0.1234567e9]", limits) == .numberTooLong)
    }

    @Test("10,000 open brackets are an error on a small stack", arguments: ["[", "{\"a\":", "[{\"a\":"])
    func hostileDepth(opening: String) {
        let text = String(repeating: opening, count: 10_000)
        let answer = onSmallStack { code(text, .default) }
        #expect(answer == .tooDeep)
    }

    @Test("a value at the limit is read, compared, hashed, written and released on a small stack")
    func deepestDefault() {
        for (opening, closing) in [("[", "]"), ("{\"a\":", "}")] {
            let depth = JSONLimits.default.maximumDepth
            let inner = opening == "[" ? "" : "1"
            let text = String(repeating: opening, count: depth) + inner + String(repeating: closing, count: depth)
            let isWhole = onSmallStack {
                guard let one = try? JSONValue(parsing: text), let other = try? JSONValue(parsing: text) else {
                    return false
                }
                return one == other && one.hashValue == other.hashValue && one.serialized() == text
                    && one.serialized(.canonical) == text && one.serialized(.pretty).utf8.count > text.utf8.count
            }
            #expect(isWhole)
        }
    }

    @Test("no limit lets a document be deeper than can be released")
    func ceiling() {
        let text = String(repeating: "[", count: JSONLimits.deepestNesting + 1)
        #expect(code(text, JSONLimits(maximumDepth: .max)) == .tooDeep)
    }
}
