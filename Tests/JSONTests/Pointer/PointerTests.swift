import JSON
import Testing

@Suite("Pointer")
struct PointerTests {
    @Test("a text without a leading slash or with a bad escape is refused")
    func refused() {
        #expect(throws: JSONPointer.SyntaxError.noLeadingSlash) { try JSONPointer(parsing: "a/b") }
        #expect(throws: JSONPointer.SyntaxError.invalidEscape) { try JSONPointer(parsing: "/a~") }
        #expect(throws: JSONPointer.SyntaxError.invalidEscape) { try JSONPointer(parsing: "/a~2b") }
    }

    @Test("the places of RFC 6901's example are found")
    func example() throws {
        let document: JSONValue = [
            "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7,
            "m~n": 8,
        ]
        let places: [(String, JSONValue)] = [
            ("", document), ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/c%d", 2),
            ("/e^f", 3),
            ("/g|h", 4), ("/i\\j", 5), ("/k\"l", 6), ("/ ", 7), ("/m~0n", 8),
        ]
        for (text, expected) in places {
            let pointer = try JSONPointer(parsing: text)
            #expect(pointer.evaluate(in: document) == expected)
            #expect(pointer.description == text)
        }
    }

    @Test(
        "a place that does not exist is nil",
        arguments: [
            "/foo/2", "/foo/-", "/foo/00", "/foo/01", "/foo/-1", "/foo/x", "/bar", "/foo/0/x",
            "/foo/99999999999999999999", "/foo/",
        ])
    func absent(text: String) throws {
        let document: JSONValue = ["foo": ["bar", "baz"]]
        #expect(try JSONPointer(parsing: text).evaluate(in: document) == nil)
    }

    @Test("tokens are added at the end and escaped in the text")
    func appending() {
        let pointer = JSONPointer.root.appending("a/b").appending(3).appending(contentsOf: JSONPointer(["~"]))
        #expect(pointer.description == "/a~1b/3/~0")
        #expect(pointer.tokens == ["a/b", "3", "~"])
        #expect(JSONPointer(["\u{E9}"]) != JSONPointer(["e\u{301}"]))
    }
}
