import JSON
import Testing
import YAML

@Suite("YAML documents")
struct YAMLDocumentTests {
    /// What a text is refused with; fails the test when it is read.
    private func refusal(of text: String, limits: YAMLLimits = .default) -> YAMLError? {
        do throws(YAMLError) {
            let document = try YAMLDocument(parsing: text, limits: limits)
            Issue.record("read as \(document.value.serialized())")
            return nil
        } catch {
            return error
        }
    }

    @Test("broken text is refused with line and column")
    func syntax() throws {
        let error = try #require(refusal(of: "name: a\nlist: [1, 2\nother: b: c\n"))
        #expect(error.code == .syntax)
        #expect(error.line == 3)
    }

    @Test("a tab that indents is refused where it stands")
    func tab() throws {
        let error = try #require(refusal(of: "a:\n\tb: 1\n"))
        #expect(error.location == SourceLocation(line: 2, column: 1))
    }

    @Test("a control character is refused with its line and column")
    func controlCharacter() throws {
        let error = try #require(refusal(of: "a: ü\nbé: \u{1}\n"))
        #expect(error.location == SourceLocation(line: 2, column: 5))
    }

    @Test("bytes that are not UTF-8 are refused with their place")
    func invalidUTF8() {
        #expect(throws: YAMLError(.invalidUTF8, "the file is not UTF-8 text", at: SourceLocation(line: 2, column: 4))) {
            try YAMLDocument(parsing: Array("a: 1\nb: ".utf8) + [0xFF, 0x0A])
        }
    }

    @Test("a key that comes twice is refused at its second place")
    func duplicateKey() throws {
        let error = try #require(refusal(of: "plant:\n  name: a\n  slug: b\n  name: c\n"))
        #expect(
            error
                == YAMLError(
                    .duplicateKey, "the key “name” comes twice (first in line 2)",
                    at: SourceLocation(line: 4, column: 3)))
    }

    @Test("keys that are equal as text are the same key, quoted or not")
    func equalKeys() {
        #expect(refusal(of: "{1: a, \"1\": b}")?.code == .duplicateKey)
    }

    @Test(
        "what has no place in JSON is refused",
        arguments: [
            ("a: !!binary aGk=", YAMLError.Code.unsupportedTag),
            ("a: !secret x", .unsupportedTag),
            ("a: !!int text", .unsupportedTag),
            ("a: !!set {x}", .unsupportedTag),
            ("? [1]\n: a", .unsupportedKey),
            ("a: &x {b: 1}\n<<: *x", .unsupportedKey),
            ("a: .nan", .unsupportedValue),
            ("a: -.inf", .unsupportedValue),
            ("a: 1\n---\nb: 2", .severalDocuments),
            ("a: *b", .undefinedAlias),
            ("a: &a [*a]", .undefinedAlias),
        ])
    func unsupported(text: String, code: YAMLError.Code) {
        #expect(refusal(of: text)?.code == code)
    }

    @Test("nested aliases that stand for billions of values are refused before they unfold")
    func billionLaughs() throws {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...12 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        let error = try #require(refusal(of: text))
        #expect(error.code == .tooManyValues)
        #expect(error.line == 6)
    }

    @Test("aliases that deepen each other are refused at the depth limit")
    func deepAliases() {
        var text = "a0: &a0 [x]\n"
        for level in 1...200 { text += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        #expect(refusal(of: text)?.code == .tooDeep)
    }

    @Test("10,000 levels are refused", arguments: ["[", "{a: ", "- "])
    func depth(opening: String) {
        #expect(refusal(of: String(repeating: opening, count: 10_000))?.code == .tooDeep)
    }

    @Test("a text above the size limit is refused unread")
    func size() {
        #expect(refusal(of: "a: 12345", limits: YAMLLimits(maximumBytes: 7))?.code == .tooLarge)
    }

    @Test(
        "plain scalars follow the core schema of YAML 1.2",
        arguments: [
            ("no", "\"no\""), ("yes", "\"yes\""), ("on", "\"on\""), ("Off", "\"Off\""), ("y", "\"y\""),
            ("true", "true"), ("FALSE", "false"), ("~", "null"), ("", "null"), ("Null", "null"),
            ("12", "12"), ("+12", "12"), ("-007", "-7"), ("0x1F", "31"), ("0o17", "15"), ("017", "17"),
            ("1.50", "1.50"), (".5", "0.5"), ("5.", "5"), ("-1e3", "-1e3"), ("1E+3", "1e3"),
            ("12345678901234567890123", "12345678901234567890123"),
            ("1:30", "\"1:30\""), ("1_000", "\"1_000\""), ("0x", "\"0x\""), ("1.2.3", "\"1.2.3\""), ("-", "[null]"),
            (".", "\".\""), ("+", "\"+\""), ("2026-01-31", "\"2026-01-31\""), ("\"12\"", "\"12\""),
            ("'true'", "\"true\""), ("!!str 12", "\"12\""), ("!!float 1", "1"), ("! 12", "\"12\""),
        ])
    func coreSchema(text: String, json: String) throws {
        let value = try YAMLDocument(parsing: text).value
        #expect(value.serialized() == json)
    }

    @Test("an empty text is null")
    func empty() throws {
        #expect(try YAMLDocument(parsing: "# nothing\n").value == .null)
    }

    @Test("an alias stands for its anchor's value")
    func alias() throws {
        let document = try YAMLDocument(parsing: "base: &b {x: 1}\nlist: [*b, *b]\n")
        #expect(document.value == ["base": ["x": 1], "list": [["x": 1], ["x": 1]]])
        #expect(document.location(of: "/list/1/x") == SourceLocation(line: 2, column: 12))
    }

    @Test("block text keeps its lines")
    func blockText() throws {
        let document = try YAMLDocument(parsing: "jq: |\n  .a\n  | .b\nfolded: >-\n  one\n  two\n")
        #expect(document.value == ["jq": ".a\n| .b\n", "folded": "one two"])
    }

    @Test("every value has a place under its JSON pointer")
    func locations() throws {
        let document = try YAMLDocument(parsing: "do:\n  - first~/x:\n      set: {a: 1}\n  - second: ü\n")
        #expect(document.locations[""] == SourceLocation(line: 1, column: 1))
        #expect(document.locations["/do"] == SourceLocation(line: 1, column: 1))
        #expect(document.locations["/do/0"] == SourceLocation(line: 2, column: 5))
        #expect(document.locations["/do/0/first~0~1x/set/a"] == SourceLocation(line: 3, column: 13))
        #expect(document.locations["/do/1/second"] == SourceLocation(line: 4, column: 5))
        #expect(document.location(of: "/do/1/second/missing/deeper") == SourceLocation(line: 4, column: 5))
    }
}
