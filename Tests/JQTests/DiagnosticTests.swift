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
                "\"a\\qb\"", 1, 3,
                "invalid escape: expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX or \\(…); "
                    + "a backslash of a regular expression is written twice"),
            Mistake("\"\\u12g4\"", 1, 2, "expected four hexadecimal digits after \\u"),
            Mistake("1 2", 1, 3, "expected an operator or the end of the program, found the number 2"),
            Mistake(
                ".a\n  | .b\n  | ~", 3, 5,
                "unexpected character '~': to match a regular expression, write … | test(\"…\")"),
            Mistake("\"ü\" ~", 1, 5, "unexpected character '~': to match a regular expression, write … | test(\"…\")"),
            Mistake(
                "if . then 1", 1, 12,
                "expected 'end' or 'elif' or 'else' of the 'if' at line 1, column 1, found the end of the program"),
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
            Mistake("1 as $x | $y", 1, 11, "$y is not defined; there is $x"),
            Mistake("nosuch", 1, 1, "nosuch/0 is not defined"),
            Mistake("map", 1, 1, "map/0 is not defined; it takes 1 argument, in parentheses"),
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

    /// What people write who think of another language, of a shell, or of something else.
    static let usual: [Mistake] = [
        Mistake(#".foo == "a" && .bar"#, 1, 13, "unexpected character '&': to ask for both, write 'and'"),
        Mistake(".a || .b", 1, 5, "expected an expression, found '|'; to ask for one or the other, write 'or'"),
        Mistake(".a == 'x'", 1, 7, "unexpected character ''': a string stands between double quotes, as in \"…\""),
        Mistake("“x”", 1, 1, "unexpected character '“': a string stands between double quotes, as in \"…\""),
        Mistake("!.a", 1, 1, "unexpected character '!': to turn a condition round, write … | not"),
        Mistake(".a === 1", 1, 6, "expected an expression, found '='; to compare, write =="),
        Mistake(".a <> 1", 1, 5, "expected an expression, found '>'; to compare, write !="),
        Mistake(
            ".foo-bar", 1, 6, "bar/0 is not defined; a key with '-' needs quotes, as in .[\"foo-bar\"]"),
        Mistake(".[a]", 1, 3, "a/0 is not defined; the member of this name is .a or .[\"a\"]"),
        Mistake(
            "if .a then 1 else if .b then 2 else 3 end", 1, 42,
            "expected 'end' after the 'else' branch of the 'if' at line 1, column 1, found the end of the program; "
                + "another condition is written 'elif', without an 'end' of its own"),
        Mistake(
            ".a == null then 1", 1, 12,
            "expected an operator or the end of the program, found the keyword 'then'; "
                + "there is no 'if' that it belongs to"),
        Mistake(
            ".a ? 1 : 2", 1, 6,
            "expected an operator or the end of the program, found the number 1; "
                + "a choice is written if … then … else … end"),
        Mistake(
            ".items.map(.x)", 1, 11,
            "expected an operator or the end of the program, found '('; "
                + "a function is applied with a pipe, as in … | map(…)"),
        Mistake(
            "length(.a)", 1, 1,
            "length/1 is not defined; it takes no argument: pipe the value into it, as in … | length"),
        Mistake(
            #"sub("a", "b")"#, 1, 1,
            "sub/1 is not defined; it takes 2 or 3 arguments, and ';' stands between them, not ','"),
        Mistake("map .a", 1, 1, "map/0 is not defined; it takes 1 argument, in parentheses"),
        Mistake(".name | toLowerCase", 1, 9, "toLowerCase/0 is not defined; did you mean ascii_downcase?"),
        Mistake("selct(.a)", 1, 1, "selct/1 is not defined; did you mean select?"),
        Mistake("def total: add; [1] | totl", 1, 23, "totl/0 is not defined; did you mean total?"),
        Mistake("[1, 2,]", 1, 7, "expected an expression, found ']'; there is a ',' too many"),
        Mistake(
            #"{"a" = 1}"#, 1, 6,
            "expected '}' or ',' after the member of the object, found '='; ':' stands between a key and its value"),
        Mistake(
            "{foo-bar: 1}", 1, 5,
            "expected ':', ',' or '}' after the key 'foo', found '-'; a key with '-' needs quotes, as in {\"a-b\": 1}"),
        Mistake(".a.b[*]", 1, 6, "expected an expression, found '*'; all elements are .[]"),
        Mistake(
            "$.a.b", 1, 1,
            "expected an expression, found '$'; "
                + "a path begins with '.', as in .a.b, and a variable has its name behind '$'"),
        Mistake(
            "foreach .[] as $x (0, . + $x)", 1, 29,
            "expected ';' after the initial value of 'foreach', found ')'; ';' stands between the parts, not ','"),
        Mistake("def f(a, b): a; f(1; 2)", 1, 8, "expected ';' between the parameters of 'f', found ','"),
        Mistake(
            #""a \(.b""#, 1, 1,
            "the '\\(' in this string is never closed: expected ')' before the end of the string"),
        Mistake(
            #"test("\d+")"#, 1, 7,
            "invalid escape: expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX or \\(…); "
                + "a backslash of a regular expression is written twice"),
        Mistake(
            #".a in ["x"]"#, 1, 4,
            "expected an operator or the end of the program, found 'in'; "
                + "to look for a value among others, write … | IN(1, 2)"),
    ]

    @Test("answer what people usually get wrong with what to write instead", arguments: usual)
    func usualMistakes(_ mistake: Mistake) throws { try mistakes(mistake) }

    @Test("an unknown variable is told which there are, or which was meant")
    func unknownVariable() throws {
        let known = ["context", "input", "secrets"]
        for (program, message) in [
            ("$order.id", "$order is not defined; there is $context, $input, $secrets"),
            ("$contxt.id", "$contxt is not defined; did you mean $context?"),
        ] {
            let error = try #require(throws: JQCompileError.self) { try JQProgram(program, variables: known) }
            #expect(error.message == message)
        }
    }

    @Test("a program that is nothing but mistakes is refused soon, with the first of them")
    func manyMistakes() throws {
        let program = (0..<20_000).map { "nosuch\($0)" }.joined(separator: ",\n")
        let start = ContinuousClock.now
        let error = try #require(throws: JQCompileError.self) { try JQProgram(program) }
        #expect(error.diagnostics.count <= 50)
        #expect(error.line == 1)
        #expect(ContinuousClock.now - start < .seconds(20))
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
