import JQ
import JSON
import Testing

/// A program, its input, and what it gives: one line of JSON for each result, the last may be `error: …`.
struct Example: Sendable, CustomTestStringConvertible {
    var program: String
    var input: String
    var results: [String]

    init(_ program: String, _ input: String, _ results: String...) {
        self.program = program
        self.input = input
        self.results = results
    }

    var testDescription: String { program }

    func check() throws {
        let program = try JQProgram(program)
        var found: [String] = []
        do {
            try program.forEach(try JSONValue(parsing: input)) {
                found.append($0.serialized(.canonical))
                return true
            }
        } catch let error as JQError {
            found.append("error: \(error)")
        }
        let expected = try results.map {
            $0.hasPrefix("error:") ? $0 : try JSONValue(parsing: $0).serialized(.canonical)
        }
        #expect(found == expected)
    }
}

@Suite("The jq language")
struct LanguageTests {
    @Test(
        "paths lead to values",
        arguments: [
            Example(".", "{\"a\":1}", "{\"a\":1}"),
            Example(".order.number", "{\"order\":{\"number\":\"WO-7\"}}", "\"WO-7\""),
            Example(".order.number", "{\"order\":null}", "null"),
            Example(".order.number", "{\"order\":7}", "error: Cannot index number with string (\"number\")"),
            Example(".order.number?", "{\"order\":7}"),
            Example(".\"unusual key\", .[\"unusual key\"]", "{\"unusual key\":1}", "1", "1"),
            Example(".a.\"b\".c", "{\"a\":{\"b\":{\"c\":3}}}", "3"),
            Example(".[0], .[-1], .[7]", "[5,6,7]", "5", "7", "null"),
            Example(".[1.9]", "[5,6,7]", "6"),
            Example(".[1:], .[:-1], .[1:2]", "[5,6,7]", "[6,7]", "[5,6]", "[6]"),
            Example(".[2:5]", "\"größer\"", "\"öße\""),
            Example(".[]", "{\"a\":1,\"b\":2}", "1", "2"),
            Example(".[]", "7", "error: Cannot iterate over number (7)"),
            Example(".[]?", "7"),
            Example("..", "[[1]]", "[[1]]", "[1]", "1"),
            Example(".[.k]", "{\"k\":\"v\",\"v\":9}", "9"),
            Example(".a[].b?", "{\"a\":[{\"b\":1},2,{\"b\":3}]}", "1", "3"),
            Example(".[[2,3]]", "[1,2,3,2,3]", "[1,3]"),
        ])
    func paths(_ example: Example) throws { try example.check() }

    @Test(
        "operators compute, and differ by type",
        arguments: [
            Example("1 + 2 * 3 - 4 / 2", "null", "5"),
            Example("7 % 3, -7 % 3, 7 % -3", "null", "1", "-1", "1"),
            Example(
                "5 % 0", "null",
                "error: number (5) and number (0) cannot be divided (remainder) because the divisor is zero"),
            Example("1 / 0", "null", "error: number (1) and number (0) cannot be divided because the divisor is zero"),
            Example(". + null, null + .", "3", "3", "3"),
            Example("\"a\" + \"b\", [1] + [2], {a:1} + {a:2,b:3}", "null", "\"ab\"", "[1,2]", "{\"a\":2,\"b\":3}"),
            Example("[1,2,3,2] - [2]", "null", "[1,3]"),
            Example("\"ab\" * 2, \"ab\" * 0, \"ab\" * -1", "null", "\"abab\"", "\"\"", "null"),
            Example("{a:{b:1,c:2}} * {a:{c:3}}", "null", "{\"a\":{\"b\":1,\"c\":3}}"),
            Example("\"a,b\" / \",\"", "null", "[\"a\",\"b\"]"),
            Example("{} - 1", "null", "error: object ({}) and number (1) cannot be subtracted"),
            Example("-(.a)", "{\"a\":3}", "-3"),
            Example("-.", "\"x\"", "error: string (\"x\") cannot be negated"),
            Example("[null,true,false,0,\"\",[],{}] | sort", "null", "[null,false,true,0,\"\",[],{}]"),
            Example("1 == 1.0, \"1\" == 1, [1] < [1,2], {} > []", "null", "true", "false", "true", "true"),
            Example(
                "1 < 2 and 2 < 3, true and null, false or 7, false or null", "null", "true", "false", "true", "false"),
            Example("[(1,2) + (10,20)]", "null", "[11,12,21,22]"),
            Example("[(true,false) and (true,false)]", "null", "[true,false,false]"),
            Example(".a // \"none\", .b // \"none\"", "{\"a\":false,\"b\":0}", "\"none\"", "0"),
            Example("[(false, 1, null, 2) // 3]", "null", "[1,2]"),
            Example("empty // 7", "null", "7"),
            Example("error(\"x\") // 7", "null", "error: x"),
            Example("1, 2 | . * 10", "null", "10", "20"),
        ])
    func operators(_ example: Example) throws { try example.check() }

    @Test(
        "values are built from values",
        arguments: [
            Example("[.[] | . * 2]", "[1,2]", "[2,4]"),
            Example(
                "{a, b: .a, \"c\": 3, (.k): 4, \"d\\(1)\": 5}", "{\"a\":1,\"k\":\"x\"}",
                "{\"a\":1,\"b\":1,\"c\":3,\"x\":4,\"d1\":5}"),
            Example("[{a: (1,2), b: (3,4)} | [.a,.b]]", "null", "[[1,3],[1,4],[2,3],[2,4]]"),
            Example("{(1,2): 3}", "null", "error: Cannot use number (1) as object key"),
            Example("7 as $x | {$x, $__loc__}", "null", "{\"x\":7,\"__loc__\":{\"file\":\"<top-level>\",\"line\":1}}"),
            Example("{if: 1, and: 2, \"@\": 3,}", "null", "{\"if\":1,\"and\":2,\"@\":3}"),
            Example("\"a\\(1 + 1)b\\(\"c\")\"", "null", "\"a2bc\""),
            Example("\"\\(1,2)-\\(3,4)\"", "null", "\"1-3\"", "\"2-3\"", "\"1-4\"", "\"2-4\""),
            Example("\"\\u00e9\\ud83d\\ude00\\n\"", "null", "\"\\u00e9\\ud83d\\ude00\\n\""),
            Example(
                "@json \"v=\\(.)\", @csv, @tsv", "[1,\"a\\tb\\\"\",null]", "\"v=[1,\\\"a\\\\tb\\\\\\\"\\\",null]\"",
                "\"1,\\\"a\\tb\\\"\\\"\\\",\"", "\"1\\ta\\\\tb\\\"\\t\""),
            Example(
                "@uri \"?q=\\(.)\", @html, @sh, @base64, (@base64|@base64d)", "\"a b<'\"", "\"?q=a%20b%3C%27\"",
                "\"a b&lt;&apos;\"", "\"'a b<'\\\\'''\"", "\"YSBiPCc=\"", "\"a b<'\""),
            Example("@base32, (@base32|@base32d)", "\"hi\"", "\"NBUQ====\"", "\"hi\""),
        ])
    func construction(_ example: Example) throws { try example.check() }

    @Test(
        "control structures choose, loop and stop",
        arguments: [
            Example("if . > 2 then \"big\" elif . == 2 then \"two\" else \"small\" end", "2", "\"two\""),
            Example("[if (true,false) then 1 else 2 end]", "null", "[1,2]"),
            Example("if false then 1 end", "5", "5"),
            Example("[.[] | try (1 / .) catch \"none\"]", "[1,0,2]", "[1,\"none\",0.5]"),
            Example("[.[] | (1 / .)?]", "[1,0,2]", "[1,0.5]"),
            Example("try error({code: 7}) catch .code", "null", "7"),
            Example("try error(null) catch .", "null", "null"),
            Example("try (try error(1) catch error(2)) catch .", "null", "2"),
            Example("[(try (1,2) catch 9) | if . == 2 then error(\"late\") else . end]", "null", "error: late"),
            Example("[label $out | 1, break $out, 2]", "null", "[1]"),
            Example("[label $a | label $b | 1, break $a, 2]", "null", "[1]"),
            Example("[limit(3; repeat(1))], [limit(0; 1)], [skip(2; 1,2,3)]", "null", "[1,1,1]", "[]", "[3]"),
            Example("limit(-1; 1)", "null", "error: limit doesn't support negative count"),
            Example(
                "first(5,error(\"x\")), [first(empty)], [last(1,2)], [last(empty)], nth(1; 5,6,7)", "null", "5", "[]",
                "[2]", "[]", "6"),
            Example(
                "isempty(empty), isempty(1,error(\"x\")), any(1,2; . > 1), all(empty; .)", "null", "true", "false",
                "true", "true"),
            Example(
                "[range(3)], [range(2;4)], [range(0;1;0.5)], [range(3;0;-1)], [range(0;1;0)]", "null", "[0,1,2]",
                "[2,3]", "[0,0.5]", "[3,2,1]", "[]"),
            Example(
                "[1 | while(. < 5; . * 2)], (1 | until(. > 5; . * 2)), [2 | recurse(if . < 4 then . + 1 else empty end)]",
                "null", "[1,2,4]", "8", "[2,3,4]"),
            Example(
                "reduce .[] as $x (0; . + $x), reduce empty as $x (7; 1), reduce (1,2) as $x (0; empty)", "[1,2,3]",
                "6", "7", "null"),
            Example(
                "[foreach .[] as $x (0; . + $x)], [foreach .[] as $x (0; . + $x; [$x, .])]", "[1,2]", "[1,3]",
                "[[1,1],[2,3]]"),
            Example("[foreach (1,2) as $x (0; (. + $x, . - $x))]", "null", "[1,-1,1,-3]"),
            Example("error", "\"own\"", "error: own"),
            Example("error", "{\"a\":1}", "error: {\"a\":1} (not a string)"),
        ])
    func control(_ example: Example) throws { try example.check() }

    @Test(
        "variables take values apart",
        arguments: [
            Example(". as [$a, {b: $c, $d}] | [$a, $c, $d]", "[1,{\"b\":2,\"d\":3}]", "[1,2,3]"),
            Example(". as {$a: [$b]} | [$a, $b]", "{\"a\":[5]}", "[[5],5]"),
            Example(". as {\"a\": $x, (\"b\",\"c\"): $y} | [$x,$y]", "{\"a\":1,\"b\":2,\"c\":3}", "[1,2]", "[1,3]"),
            Example("[.[] as [$a] ?// $a | $a]", "[[1],2]", "[1,2]"),
            Example("[.[] | . as {a: $x} ?// [$y] | [$x, $y]]", "[{\"a\":1},[2]]", "[[1,null],[null,2]]"),
            Example(
                ". as [$x] ?// $x | if ($x|type) == \"number\" then error(\"again\") else \"second\" end", "[3]",
                "\"second\""),
            Example("1 as $x | [2 as $x | $x, $x], $x", "null", "[2,2]", "1"),
            Example("[1,2] as [$a, $b] | {a: $b, b: $a}", "null", "{\"a\":2,\"b\":1}"),
            Example(". as [$a] | $a", "{\"a\":1}", "error: Cannot index object with number (0)"),
            Example("[(1,2) as $x | (3,4) as $y | [$x,$y]]", "null", "[[1,3],[1,4],[2,3],[2,4]]"),
        ])
    func variables(_ example: Example) throws { try example.check() }

    @Test(
        "functions have parameters, closures and recursion",
        arguments: [
            Example("def f: . + 1; def g(x): x | x; g(f)", "1", "3"),
            Example("def f($a; $b): $a + $b + a; f(1;2)", "null", "4"),
            Example("def f($a; $b): [$a,$b]; [f(1,2;3,4)]", "null", "[[1,3],[1,4],[2,3],[2,4]]"),
            Example("def fac: if . <= 1 then 1 else . * (. - 1 | fac) end; 5 | fac", "null", "120"),
            Example("def f(x): def g: x; [g, (2 as $y | g)]; 1 as $y | f($y)", "null", "[1,1]"),
            Example("def f: 1; def g: f; def f: 2; [f, g]", "null", "[2,1]"),
            Example("def f(x): 0; def f: 1; [f, f(9)]", "null", "[1,0]"),
            Example("def length: 7; length", "[]", "7"),
            Example("def f(g): [g | g]; f(. as $x | (1, $x + 1))", "5", "[1,2,1,7]"),
            Example("def apply(f; n): if n == 0 then . else f | apply(f; n - 1) end; apply(. * 2; 10)", "1", "1024"),
            Example(
                "def f: reduce .[] as $x (0; . + ($x | if type == \"array\" then f else . end)); f", "[1,[2,[3]]]", "6"),
            Example("[recurse(.[]?; . != 2)]", "[1,[2,3]]", "[[1,[2,3]],1,[2,3],3]"),
            Example(
                "[recurse(. as $x | (.a?, ($x | .b?)) | select(. != null)) | .n]",
                "{\"n\":1,\"a\":{\"n\":2,\"b\":{\"n\":3}},\"b\":{\"n\":4}}", "[1,2,3,4]"),
            Example("[recurse(.[]? // empty)] | length", "[1,[2,null],[]]", "5"),
            Example("def f: def g: 3; g; def g: 4; [f, g]", "null", "[3,4]"),
        ])
    func functions(_ example: Example) throws { try example.check() }

    @Test(
        "assignments change a copy in place",
        arguments: [
            Example(".a = 1, .a.b.c = 1", "null", "{\"a\":1}", "{\"a\":{\"b\":{\"c\":1}}}"),
            Example(".[2] = 1", "[0]", "[0,null,1]"),
            Example(".a = (1,2)", "{}", "{\"a\":1}", "{\"a\":2}"),
            Example(
                ".a |= . + 1, .[\"b\"] += 2, .c //= 9, .b *= .a", "{\"a\":1,\"b\":5}", "{\"a\":2,\"b\":5}",
                "{\"a\":1,\"b\":7}", "{\"a\":1,\"b\":5,\"c\":9}", "{\"a\":1,\"b\":5}"),
            Example(".a += (1,2)", "{\"a\":1}", "{\"a\":2}", "{\"a\":3}"),
            Example(".[] |= . * 2", "{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":4}"),
            Example("(.a, .b) = 0", "{\"c\":1}", "{\"a\":0,\"b\":0,\"c\":1}"),
            Example(".[1:3] = [9]", "[0,1,2,3]", "[0,9,3]"),
            Example(".[1:] |= map(. + 1)", "[0,1,2]", "[0,2,3]"),
            Example(".a[.i] = 7", "{\"a\":[1,2],\"i\":1}", "{\"a\":[1,7],\"i\":1}"),
            Example(".a[.i] |= . + 1", "{\"a\":[1,2],\"i\":1}", "{\"a\":[1,3],\"i\":1}"),
            Example("(.[] | select(. > 1)) |= empty", "[1,2,3,1]", "[1,1]"),
            Example(".a |= empty", "{\"a\":1,\"b\":2}", "{\"b\":2}"),
            Example(".a |= (1,2)", "{}", "{\"a\":1}"),
            Example("(.. | numbers) |= . + 1", "[1,[2]]", "[2,[3]]"),
            Example("(if .x then .a else .b end) = 1", "{\"x\":true}", "{\"x\":true,\"a\":1}"),
            Example("first(.[] | select(. > 1)) = 0", "[1,2,3]", "[1,0,3]"),
            Example("limit(2; .[]) += 10", "[1,2,3]", "[11,12,3]"),
            Example("(reduce (\"a\",\"b\") as $k (.; .[$k])) = 1", "{}", "{\"a\":{\"b\":1}}"),
            Example("def at: .a | .b; at |= 5", "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":5}}"),
            Example("(. | tostring) = 1", "{}", "error: Invalid path expression with result \"{}\""),
            Example(".a.b = 1", "{\"a\":5}", "error: Cannot index number with string (\"b\")"),
            Example(".[-5] = 1", "[1]", "error: Out of bounds negative array index"),
            Example("getpath([\"a\",\"b\"]) = 3", "null", "{\"a\":{\"b\":3}}"),
            Example("reduce range(3) as $i ([]; .[$i] = $i * 2)", "null", "[0,2,4]"),
        ])
    func assignments(_ example: Example) throws { try example.check() }

    @Test(
        "paths are values, too",
        arguments: [
            Example("[paths]", "{\"a\":[1]}", "[[\"a\"],[\"a\",0]]"),
            Example("[paths(type == \"number\")], [leaf_paths]", "[1,[2]]", "[[0],[1,0]]", "[[0],[1,0]]"),
            Example("path(.a[1:2][0]?)", "null", "[\"a\",{\"start\":1,\"end\":2},0]"),
            Example("[path(.a, .b | .c)]", "{}", "[[\"a\",\"c\"],[\"b\",\"c\"]]"),
            Example("[path(..)]", "[[1]]", "[[],[0],[0,0]]"),
            Example("path(1)", "null", "error: Invalid path expression with result 1"),
            Example(
                "path(map(.) | .[0])", "[1]", "error: Invalid path expression near attempt to access element 0 of [1]"),
            Example("[path(.[] | select(.a == 1) | .b)]", "[{\"a\":1},{\"a\":2}]", "[[0,\"b\"]]"),
            Example(
                "[path(.a // .b)], [path(first(.a, .b))], [path(getpath([\"x\",\"y\"]))]", "{\"b\":1}", "[[\"b\"]]",
                "[[\"a\"]]", "[[\"x\",\"y\"]]"),
            Example(
                "getpath([\"a\",0]), setpath([\"a\",0]; 1), delpaths([[\"a\"],[\"b\"]])", "{\"b\":2}", "null",
                "{\"a\":[1],\"b\":2}", "{}"),
            Example(
                "del(.a, .c), del(.[]), del(.b[0,2]), del(..|select(. == 2))", "{\"a\":1,\"b\":[1,2,3]}",
                "{\"b\":[1,2,3]}", "{}", "{\"a\":1,\"b\":[2]}", "{\"a\":1,\"b\":[1,3]}"),
            Example("to_entries, with_entries(.value += 1)", "{\"a\":1}", "[{\"key\":\"a\",\"value\":1}]", "{\"a\":2}"),
            Example(
                "from_entries",
                "[{\"name\":\"a\",\"value\":1},{\"k\":1,\"key\":\"b\"},{\"Key\":\"c\",\"Value\":false}]",
                "{\"a\":1,\"b\":null,\"c\":false}"),
            Example("pick(.a.b, .c[1])", "{\"a\":{\"b\":1,\"x\":2},\"c\":[5,6]}", "{\"a\":{\"b\":1},\"c\":[null,6]}"),
            Example("[tostream]", "{\"a\":[1,2]}", "[[[\"a\",0],1],[[\"a\",1],2],[[\"a\",1]],[[\"a\"]]]"),
            Example(
                "fromstream(tostream), [1 | truncate_stream([[0],1],[[1,0],2],[[1,0]],[[1]])]", "[1,[2]]", "[1,[2]]",
                "[[[0],2],[[0]]]"),
        ])
    func pathValues(_ example: Example) throws { try example.check() }
}
