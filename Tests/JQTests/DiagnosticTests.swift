import JQ
import JSON
import Testing

/// A program that must be refused, and how.
struct Mistake: Sendable, CustomTestStringConvertible {
    var program: String
    var line: Int
    var column: Int
    var message: String

    init(_ program: String, _ line: Int, _ column: Int, _ message: String) {
        self.program = program
        self.line = line
        self.column = column
        self.message = message
    }

    var testDescription: String { program }
}

@Suite("Diagnostics of programs")
struct DiagnosticTests {
    @Test(
        "name the place and what was expected",
        arguments: [
            Mistake("1 +", 1, 4, "expected an expression, found the end of the program"),
            Mistake("{", 1, 1, "this '{' is never closed: expected '}' before the end of the program"),
            Mistake("[1, 2", 1, 1, "this '[' is never closed: expected ']' before the end of the program"),
            Mistake("(1]", 1, 3, "expected ')', found ']'"),
            Mistake("}", 1, 1, "'}' closes nothing that is open"),
            Mistake("\"abc", 1, 1, "this string is never closed: expected '\"' before the end of the program"),
            Mistake(
                "\"a\\qb\"", 1, 3, "invalid escape: expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX or \\(…)"),
            Mistake("\"\\u12g4\"", 1, 2, "expected four hexadecimal digits after \\u"),
            Mistake("1 2", 1, 3, "expected an operator or the end of the program, found the number 2"),
            Mistake(".a\n  | .b\n  | ~", 3, 5, "unexpected character '~': expected an expression"),
            Mistake("\"ü\" ~", 1, 5, "unexpected character '~': expected an expression"),
            Mistake("if . then 1", 1, 12, "expected 'end' or 'elif' or 'else', found the end of the program"),
            Mistake("if . 1 end", 1, 6, "expected 'then' after the condition, found the number 1"),
            Mistake("def f 1; f", 1, 7, "expected ':' before the body of 'f', found the number 1"),
            Mistake("def f: 1", 1, 9, "expected ';' after the body of 'f', found the end of the program"),
            Mistake("reduce . as $x (0)", 1, 18, "expected ';' after the initial value of 'reduce', found ')'"),
            Mistake(". as 1 | .", 1, 6, "expected a pattern such as $x, [$a, $b] or {$a, b: $c}, found the number 1"),
            Mistake(
                "{1: 2}", 1, 2,
                "expected a key of the object, found the number 1; a key that is an expression needs parentheses, as in {(.name): 1}"
            ),
            Mistake("{(1): 2}", 1, 3, "Cannot use number (1) as object key: expected a string"),
            Mistake("1 == 2 == 3", 1, 8, "'==' cannot follow another operator of its kind: put parentheses"),
            Mistake(". foo", 1, 3, "no blank is allowed between '.' and a name: write .foo or .[\"foo\"]"),
            Mistake(".a | .[1", 1, 7, "this '[' is never closed: expected ']' before the end of the program"),
            Mistake(
                "break", 1, 6, "expected the name of a label such as $out after 'break', found the end of the program"),
            Mistake("break $x", 1, 1, "there is no label $x to break out of"),
            Mistake("$x", 1, 1, "$x is not defined"),
            Mistake("1 as $x | $y", 1, 11, "$y is not defined"),
            Mistake("nosuch", 1, 1, "nosuch/0 is not defined"),
            Mistake("map", 1, 1, "map/0 is not defined; it takes 1 arguments"),
            Mistake("def f(x): x; f", 1, 14, "f/0 is not defined"),
            Mistake(
                "@nosuch", 1, 1,
                "@nosuch is not a format: expected one of @text, @json, @csv, @tsv, @html, @uri, @urid, @sh, @base64, @base64d, @base32, @base32d"
            ),
            Mistake("input", 1, 1, "input is not available: a program sees nothing but its input and its variables"),
            Mistake("$ENV.HOME", 1, 1, "$ENV is not defined"),
            Mistake("import \"a\" as a; 1", 1, 1, "'import' is not available: a program stands alone, without modules"),
            Mistake("def unused: nosuch; 1", 1, 13, "nosuch/0 is not defined"),
        ])
    func mistakes(_ mistake: Mistake) throws {
        let error = try #require(throws: JQCompileError.self) { try JQProgram(mistake.program) }
        #expect(error.line == mistake.line)
        #expect(error.column == mistake.column)
        #expect(error.message == mistake.message)
    }

    @Test("list every unknown name, in the order of the text")
    func everyUnknownName() throws {
        let error = try #require(throws: JQCompileError.self) { try JQProgram("$a + foo |\n bar(1) | $b") }
        #expect(error.diagnostics.map(\.line) == [1, 1, 2, 2])
        #expect(error.diagnostics.map(\.column) == [1, 6, 2, 11])
        #expect(
            error.messages == [
                "$a is not defined", "foo/0 is not defined", "bar/1 is not defined", "$b is not defined",
            ])
        #expect("\(error)".hasPrefix("line 1, column 1: $a is not defined\nline 1, column 6: foo/0"))
    }

    @Test("a program is told which variables it has, and tells which it uses")
    func variables() throws {
        let program = try JQProgram("$input.a + $context", variables: ["context", "input", "task"])
        #expect(program.freeVariables == ["context", "input"])
        #expect(try program.evaluate(.null, variables: [1, ["a": 2], .null]) == [3])
    }

    @Test("comments end with the line, unless a backslash stands before its end")
    func comments() throws {
        #expect(try JQProgram("1 # one\n + 2 # \\\n ignored\n + 3").evaluate(.null) == [6])
        #expect(try JQProgram("# nothing but this").evaluate(5) == [5])
        #expect(try JQProgram("def f: 1; # only a definition").evaluate(5) == [5])
    }

    @Test(
        "programs that are too long or too deep are refused",
        arguments: [
            String(repeating: " ", count: 300_000) + "1",
            String(repeating: "(", count: 1000) + "1" + String(repeating: ")", count: 1000),
            String(repeating: "[", count: 10_000),
            String(repeating: "map(", count: 199) + "." + String(repeating: ")", count: 199),
            "1" + String(repeating: "+ 1", count: 1000),
        ])
    func limits(_ program: String) async {
        let isRefused = await onThread(stackBytes: smallStackBytes) { (try? JQProgram(program)) == nil }
        #expect(isRefused)
    }
}
