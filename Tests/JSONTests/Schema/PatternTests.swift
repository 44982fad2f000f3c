import JSON
import Testing

@Suite("Regular expressions of schemas")
struct PatternTests {
    private func matches(_ pattern: String, _ text: String) throws -> Bool {
        try JSONSchema(["pattern": .string(pattern)]).accepts(.string(text))
    }

    @Test(
        "an expression means what ECMA-262 says",
        arguments: [
            ("^a$", ["a"], ["a\n", "b\na"]), (".", ["x", "é", "😀"], ["\n", "\r", "\u{2028}", "\u{2029}", ""]),
            ("^\\d+$", ["09"], ["٣", "a"]), ("^\\D$", ["٣"], ["3"]), ("^\\w+$", ["aZ_9"], ["é", "-"]),
            ("^\\W$", ["é"], ["e"]),
            (
                "^\\s$", [" ", "\t", "\u{B}", "\u{A0}", "\u{FEFF}", "\u{3000}", "\u{2028}"],
                ["\u{200B}", "a", "\u{85}"]
            ),
            ("^\\S$", ["\u{200B}"], [" "]), ("\\bcat\\b", ["a cat!", "écat"], ["cats", "bobcat"]),
            ("\\Bat", ["cat"], ["at"]),
            ("^[a-c\\d_]+$", ["ab1_"], ["d"]), ("^[^\\w]$", ["é", "-"], ["a"]), ("^[\\W\\d]$", ["1", "-"], ["a"]),
            ("^[]$", [], ["a", ""]),
            ("^[^]$", ["\n", "a"], [""]), ("^[a&&b]+$", ["&a"], ["c"]), ("^[[a]+$", ["[a"], ["]"]),
            ("^[\\b]$", ["\u{8}"], ["b"]), ("^[a-]$", ["-"], ["b"]),
            ("^[\\w-z]+$", ["-"], ["!"]), ("^a{2}$", ["aa"], ["a", "aaa"]), ("^a{2,}$", ["aaa"], ["a"]),
            ("^a{1,2}?b", ["aab"], ["b"]), ("^a{2}?$", ["aa"], ["", "a"]),
            ("^{a}$", ["{a}"], ["a"]), ("^a{,2}$", ["a{,2}"], ["aa"]), ("^]$", ["]"], []),
            ("^x*?y+?$", ["xxyy"], ["x"]),
            ("^(?:ab|cd)+$", ["abcd"], ["abc"]), ("^(a)(b)\\2\\1$", ["abba"], ["abab"]),
            ("^(?<q>['\"])x\\k<q>$", ["'x'"], ["'x\""]), ("^(a)\\1{2}$", ["aaa"], ["aa"]),
            ("^(?=.*\\d)(?!.*z).+$", ["a1"], ["a", "1z"]), ("(?<=\\$)\\d", ["$1"], ["1"]),
            ("(?<!\\$)\\d", ["x1"], ["$1"]),
            ("^\\x41\\u0042\\u{43}\\u{1F600}\\uD83D\\uDE00$", ["ABC😀😀"], ["abc"]), ("^\\cJ$", ["\n"], ["J"]),
            ("^\\0$", ["\0"], ["0"]), ("^\\t\\v\\f$", ["\t\u{B}\u{C}"], []),
            ("^\\p{Lu}\\p{Letter}\\P{L}$", ["Äß1"], ["äß1"]), ("^\\p{Script=Greek}+$", ["αβ"], ["ab"]),
            ("^[\\p{L}\\p{Nd}]+$", ["ä٣"], ["-"]), ("^\\p{gc=Ll}$", ["a"], ["A"]),
            ("^\\/\\.\\-\\@\\\"$", ["/.-@\""], []), ("^#\\ (?:x)$", ["# x"], ["#x"]), ("^\\$\\{x\\}$", ["${x}"], []),
            ("^(|a)$", ["", "a"], ["b"]), ("", ["", "x"], []),
            ("^(?:a|b)|c$", ["ax", "xc"], ["xa"]), ("^😀{2}$", ["😀😀"], ["😀"]), ("^é$", ["é"], ["e\u{301}"]),
        ] as [(String, [String], [String])])
    func meaning(pattern: String, matching: [String], other: [String]) throws {
        for text in matching { #expect(try matches(pattern, text), "\(text.debugDescription)") }
        for text in other { #expect(try !matches(pattern, text), "\(text.debugDescription)") }
    }

    @Test(
        "what is no expression of ECMA-262 is refused",
        arguments: [
            "(", ")", "[", "[b-a]", "*", "a**", "a+++", "+a", "?", "a{2}{3}", "a{3,2}", "\\", "\\a", "\\Z", "\\A",
            "\\z", "\\h", "\\G", "\\Q", "\\c1", "\\x4", "\\u12", "\\uD800",
            "\\u{110000}", "\\1", "(a)\\2", "\\k<x>", "\\k", "(?<1>a)", "(?<>a)", "(?i)a", "(?>a)", "(?#c)", "(?@a)",
            "(?{x})", "\\p", "\\p{}", "\\p{Nonsense}", "\\p{^L}", "\\p{Age=5.0}",
            "\\00", "(*FAIL)", "a|*",
        ])
    func refused(pattern: String) {
        #expect(throws: JSONSchemaError.self) { try JSONSchema(["pattern": .string(pattern)]) }
    }
}
