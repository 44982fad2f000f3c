import JQ
import JSON
import Testing

@Suite("The builtins")
struct BuiltinTests {
    @Test(
        "arrays and objects",
        arguments: [
            Example(
                "length, (.[0]|length), (.[1]|length), (.[2]|length), (.[3]|length)", "[\"größe\",{\"a\":1},null,-5]",
                "4", "5", "1", "0", "5"),
            Example("length", "true", "error: boolean (true) has no length"),
            Example(
                "keys, keys_unsorted, has(\"a\"), has(\"x\")", "{\"b\":1,\"a\":2}", "[\"a\",\"b\"]", "[\"b\",\"a\"]",
                "true", "false"),
            Example("has(1), has(2), has(-1)", "[1,2]", "true", "false", "false"),
            Example(
                "map(. + 1), map(., .), map_values(. + 1), map_values(empty)", "[1,2]", "[2,3]", "[1,1,2,2]", "[2,3]",
                "[]"),
            Example("add, add(.[] * 2), ([] | add), ({\"a\":1,\"b\":2} | add)", "[1,2,3]", "6", "12", "null", "3"),
            Example("any, all, any(. > 2), all(. > 0)", "[1,2,3]", "true", "true", "true", "true"),
            Example("flatten, flatten(1), ([[]] | flatten)", "[1,[2,[3]]]", "[1,2,3]", "[1,2,[3]]", "[]"),
            Example("flatten(-1)", "[1]", "error: flatten depth must not be negative"),
            Example(
                "sort, sort_by(-.), unique, reverse, min, max", "[3,1,2,1]", "[1,1,2,3]", "[3,2,1,1]", "[1,2,3]",
                "[1,2,1,3]", "1", "3"),
            Example(
                "group_by(.a), unique_by(.a), min_by(.b), max_by(.b), sort_by(.a, -.b)",
                "[{\"a\":2,\"b\":1},{\"a\":1,\"b\":2},{\"a\":2,\"b\":3}]",
                "[[{\"a\":1,\"b\":2}],[{\"a\":2,\"b\":1},{\"a\":2,\"b\":3}]]", "[{\"a\":1,\"b\":2},{\"a\":2,\"b\":1}]",
                "{\"a\":2,\"b\":1}", "{\"a\":2,\"b\":3}", "[{\"a\":1,\"b\":2},{\"a\":2,\"b\":3},{\"a\":2,\"b\":1}]"),
            Example("contains([2]), contains([\"x\"]), inside([1,2,3,[4]])", "[1,2]", "true", "false", "true"),
            Example("contains({a:{b:\"x\"}})", "{\"a\":{\"b\":\"axb\"},\"c\":1}", "true"),
            Example(
                "contains(1)", "\"a\"", "error: string (\"a\") and number (1) cannot have their containment checked"),
            Example("index(2), rindex(2), indices(2), indices([2,3])", "[1,2,3,2]", "1", "3", "[1,3]", "[1]"),
            Example("transpose, ([[1],[2,3]] | transpose)", "[]", "[]", "[[1,2],[null,3]]"),
            Example(
                "[combinations], [[0,1] | combinations(2)]", "[[1,2],[3]]", "[[1,3],[2,3]]", "[[0,0],[0,1],[1,0],[1,1]]"
            ),
            Example("bsearch(2), bsearch(0), bsearch(9)", "[1,2,3]", "1", "-1", "-4"),
            Example("walk(if type == \"number\" then . + 1 else . end)", "[1,{\"a\":[2]}]", "[2,{\"a\":[3]}]"),
            Example("first, last, nth(1), toarray, (7 | toarray)", "[1,2,3]", "1", "3", "2", "[1,2,3]", "[7]"),
            Example(
                "INDEX(.id), (. as $r | [1,2] | map(IN($r[].id)))", "[{\"id\":1},{\"id\":3}]",
                "{\"1\":{\"id\":1},\"3\":{\"id\":3}}", "[true,false]"),
            Example("[.[] | in({\"a\":1})]", "[\"a\",\"b\"]", "[true,false]"),
            Example(
                "[splits(\", *\")], (. | ltrimstr(\"a\")), rtrimstr(\"c\"), trimstr(\"a\")", "\"a, b,c\"",
                "[\"a\",\"b\",\"c\"]", "\", b,c\"", "\"a, b,\"", "\", b,c\""),
            Example(
                "[.[] | scalars], [.[] | iterables], [.[] | values], [.[] | nulls], [.[] | booleans], [.[] | strings]",
                "[1,\"a\",[],{},null,true]", "[1,\"a\",null,true]", "[[],{}]", "[1,\"a\",[],{},true]", "[null]",
                "[true]", "[\"a\"]"),
        ])
    func collections(_ example: Example) throws { try example.check() }

    @Test(
        "strings",
        arguments: [
            Example(
                "split(\",\"), split(\"\"), (\"\" | split(\",\"))", "\"a,ü\"", "[\"a\",\"ü\"]", "[\"a\",\",\",\"ü\"]",
                "[]"),
            Example("join(\"-\"), ([] | join(\"-\"))", "[\"a\",1,null,true]", "\"a-1--true\"", "\"\""),
            Example(
                "ascii_upcase, ascii_downcase, utf8bytelength, explode, (explode|implode)", "\"aÜ\"", "\"AÜ\"",
                "\"aÜ\"", "3", "[97,220]", "\"aÜ\""),
            Example("startswith(\"ab\"), endswith(\"c\"), startswith(\"x\")", "\"abc\"", "true", "true", "false"),
            Example("startswith(1)", "\"abc\"", "error: startswith() requires string inputs"),
            Example("trim, ltrim, rtrim", "\" a b\\t\"", "\"a b\"", "\"a b\\t\"", "\" a b\""),
            Example(
                "index(\"b\"), rindex(\"b\"), indices(\"bb\"), index(\"x\")", "\"übbb\"", "1", "3", "[1,2]", "null"),
            Example("tonumber, (.|tostring)", "\"12.50\"", "12.50", "\"12.50\""),
            Example(
                "[.[] | tonumber?]", "[\"1\",\" 2\",\"0x1\",\".5\",\"1e2\",\"-3\",\"+4\",\"\",\"nan1\"]",
                "[1,0.5,100,-3,4]"),
            Example("tonumber", "[1]", "error: array ([1]) cannot be parsed as a number"),
            Example(
                "tojson, (tojson|fromjson)", "{\"a\":[1,\"\\u0001\"]}", "\"{\\\"a\\\":[1,\\\"\\\\u0001\\\"]}\"",
                "{\"a\":[1,\"\\u0001\"]}"),
            Example("try fromjson catch (. | test(\"Invalid|Unfinished\"))", "\"[1,\"", "true"),
            Example(
                "[.[] | tostring]", "[1,\"a\",[1.50],{\"a\":1e3}]", "[\"1\",\"a\",\"[1.50]\",\"{\\\"a\\\":1E+3}\"]"),
            Example("ascii, ([65] | implode), @text", "65", "\"A\"", "\"A\"", "\"65\""),
        ])
    func strings(_ example: Example) throws { try example.check() }

    @Test(
        "regular expressions",
        arguments: [
            Example("test(\"B\"), test(\"B\"; \"i\"), test([\"B\",\"i\"])", "\"abc\"", "false", "true", "true"),
            Example(
                "[match(\"b(?<x>.)?\"; \"g\") | [.offset, .length, .string, .captures[0].name, .captures[0].string]]",
                "\"übcb\"", "[[1,2,\"bc\",\"x\",\"c\"],[3,1,\"b\",\"x\",null]]"),
            Example("capture(\"(?<y>\\\\d{4})-(?<m>\\\\d\\\\d)\")", "\"2026-03\"", "{\"y\":\"2026\",\"m\":\"03\"}"),
            Example(
                "[scan(\"\\\\d\")], [scan(\"(\\\\d)(.)\")]", "\"1a2b\"", "[\"1\",\"2\"]",
                "[[\"1\",\"a\"],[\"2\",\"b\"]]"),
            Example(
                "sub(\"a\"; \"x\"), gsub(\"a\"; \"x\"), gsub(\"(?<l>[a-z])\"; \"<\\(.l)>\"), gsub(\"\"; \"-\")",
                "\"aba\"", "\"xba\"", "\"xbx\"", "\"<a><b><a>\"", "\"-a-b-a-\""),
            Example("[gsub(\"a\"; \"x\", \"y\")]", "\"aa\"", "[\"xx\",\"yy\"]"),
            Example("split(\" +\"; null), [splits(\"b\"; \"i\")]", "\"a  Bc\"", "[\"a\",\"Bc\"]", "[\"a  \",\"c\"]"),
            Example("test(\"(\")", "\"a\"", "error: ( is not a valid regular expression: '(' is not closed"),
            Example("test(\"a\"; \"q\")", "\"a\"", "error: q is not a valid modifier string"),
            Example("test(1)", "\"a\"", "error: number not a string or array"),
            Example("test(\"a\")", "1", "error: number (1) cannot be matched, as it is not a string"),
        ])
    func regularExpressions(_ example: Example) throws { try example.check() }

    @Test(
        "numbers",
        arguments: [
            Example("[floor, ceil, round, trunc, fabs, sqrt]", "2.25", "[2,3,2,2,2.25,1.5]"),
            Example(
                "[pow(2;10), log2, exp10, atan2(1;1) * 4 | . * 1000 | floor]", "8", "[1024000,3000,100000000000,3141]"),
            Example("[.[] | abs], [.[] | length]", "[-1,2,-0.5]", "[1,2,0.5]", "[1,2,0.5]"),
            Example("abs", "{}", "{}"),
            Example(
                "[infinite, -infinite, nan] | map(isinfinite), map(isnan), map(isnormal)", "null", "[true,true,false]",
                "[false,false,true]", "[false,false,false]"),
            Example(
                "[nan] | tojson, (sort | length), (nan < nan), (nan == nan)", "null", "\"[null]\"", "1", "true", "false"
            ),
            Example(
                "., . + 0, tojson", "100000000000000000000000000001", "100000000000000000000000000001", "1e29",
                "\"100000000000000000000000000001\""),
            Example("[1.10, 100, 1e1000] | tojson", "null", "\"[1.10,100,1E+1000]\""),
            Example("[3.0, 1e17, 0.00001, 1.5e300] | map(. * 1) | tojson", "null", "\"[3,1e+17,1e-05,1.5e+300]\""),
            Example("[1, 10, 100] | map(tostring)", "null", "[\"1\",\"10\",\"100\"]"),
            Example("[frexp, modf, significand, logb, ldexp(1; 3)]", "8", "[[0.5,4],[0,8],1,3,8]"),
            Example(".5 + 5. + 007", "null", "12.5"),
            Example("sqrt", "\"a\"", "error: string (\"a\") number required"),
            Example("have_literal_numbers, ([builtins] | flatten | length > 150)", "null", "true", "true"),
        ])
    func numbers(_ example: Example) throws { try example.check() }

    @Test(
        "dates, in UTC",
        arguments: [
            Example(
                "fromdate, (fromdate | todate)", "\"2026-03-05T06:51:47Z\"", "1772693507", "\"2026-03-05T06:51:47Z\""),
            Example("gmtime, (gmtime | mktime)", "1772693507.5", "[2026,2,5,6,51,47.5,4,63]", "1772693507"),
            Example(
                "strftime(\"%Y-%m-%d %H:%M:%S %A %a %B %b %j %U %W %V %G %y %e %I %p %u %w %Z %z %%\")", "1772693507",
                "\"2026-03-05 06:51:47 Thursday Thu March Mar 064 09 09 10 2026 26  5 06 AM 4 4 UTC +0000 %\""),
            Example("strptime(\"%d.%m.%Y %H:%M\") | mktime", "\"05.03.2026 07:30\"", "1772695800"),
            Example("strptime(\"%B %d, %Y\") | mktime | todate", "\"March 05, 2026\"", "\"2026-03-05T00:00:00Z\""),
            Example("strptime(\"%Y\")", "\"x\"", "error: date \"x\" does not match format \"%Y\""),
            Example(
                "[0, -1, 951782400, 4102444800] | map(todate)", "null",
                "[\"1970-01-01T00:00:00Z\",\"1969-12-31T23:59:59Z\",\"2000-02-29T00:00:00Z\",\"2100-01-01T00:00:00Z\"]"),
            Example("[2026, 14, 1, 0, 0, 0] | mktime | todate", "null", "\"2027-03-01T00:00:00Z\""),
            Example(
                "dateadd(\"seconds\"; 60), localtime == gmtime, strflocaltime(\"%H\")", "0", "60", "true", "\"00\""),
            Example("mktime", "\"x\"", "error: mktime requires array inputs"),
            Example("now", "null", "error: now is not available here: this evaluation has no clock"),
        ])
    func dates(_ example: Example) throws { try example.check() }

    @Test("now is what the budget says")
    func clock() throws {
        let budget = JQBudget(now: 1_772_693_507)
        #expect(try JQProgram("now | todate").evaluate(.null, budget: budget) == ["2026-03-05T06:51:47Z"])
    }
}
