/// Good input to begin with, and the words of each language.
enum FuzzSeeds {
    /// JSON: the samples, an event, the schemas, and what is easily got wrong.
    static func documents(home: String) throws -> [[UInt8]] {
        var documents = [JSONDocument.event]
        for name in ["alarms", "inspections"] {
            let lines = try FileBytes.read("\(home)/Samples/\(name).jsonl").split(separator: UInt8(ascii: "\n"))
            documents += lines.map(Array.init)
        }
        return documents + schemas.map { Array($0.utf8) } + subtle.map { Array($0.utf8) }
    }

    private static let subtle = [
        "[0,-0,1.0,1e400,123456789012345678901234567890,0.1234567890123456789,[[[]]],{\"\":{\"\":{}}}]",
        #" [ "\"\\\/\b\f\n\r\t" , "😀é€" , { "a" : [ ] , "b" : { } , "a" : false } ] "#,
        #"{"a":"\ud83d\ude00","b":"\u00e9\u0000","c":[1.10,100,1e1000,-1E-7]}"#,
        "{" + (0..<20).map { "\"key \($0)\":\"\\u00e9\\n\\\\ value of some length \($0)\"" }.joined(separator: ",")
            + "}",
        String(repeating: "[{\"a\":", count: 100) + "1" + String(repeating: "}]", count: 100),
        "\"" + String(repeating: "long text ", count: 50) + "\"", "true", "1",
    ]

    static let schemas = [
        ##"{"$defs":{"a":{"$anchor":"x","type":["string","null"],"minLength":1}},"properties":{"a":{"$ref":"#x"},"b":{"$ref":"#/$defs/a"}},"required":["a"]}"##,
        ##"{"anyOf":[{"type":"array","prefixItems":[true],"items":{"$ref":"#"},"uniqueItems":true},{"enum":[1,"a",null]}],"unevaluatedItems":false}"##,
        ##"{"$id":"https://example.com/a","$dynamicAnchor":"m","items":{"$dynamicRef":"#m"},"if":{"maxItems":2},"then":{"contains":{"const":1},"minContains":0},"else":false}"##,
        ##"{"patternProperties":{"^a(b|c)*[^d-f\\w]{1,3}$":{"multipleOf":0.01,"exclusiveMaximum":1e3}},"additionalProperties":{"format":"date"},"dependentRequired":{"a":["b"]}}"##,
        ##"{"type":"object","properties":{"lot":{"type":"string","pattern":"^LOT-[0-9]{4,}$","default":"LOT-0000"},"hardness":{"type":"number","minimum":45,"maximum":52}},"required":["lot"],"allOf":[{"not":{"required":["scrap"]}},{"oneOf":[{"required":["a"]},{"required":["b"]}]}],"unevaluatedProperties":false}"##,
        ##"{"items":{"format":"email"},"propertyNames":{"maxLength":3},"contentEncoding":"base64","minProperties":1,"maxContains":2,"dependentSchemas":{"a":{"$ref":"https://json-schema.org/draft/2020-12/schema"}}}"##,
    ]

    static let schemaWords = [
        "$ref", "$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$defs", "$schema", "$vocabulary", "type", "enum",
        "const",
        "properties", "patternProperties", "additionalProperties", "propertyNames", "items", "prefixItems", "contains",
        "minContains", "maxContains", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas",
        "unevaluatedItems", "unevaluatedProperties", "pattern", "format", "minimum", "multipleOf", "uniqueItems",
        "required",
        "minLength", "default",
    ]

    static let patterns = [
        "(?=", "(?!", "(?<=", "(?<n>", "[^", "&&", "*", "+", "?", "{2,5}", "\\\\d", "\\\\b", "\\\\1", "\\\\k<n>",
        "\\\\p{L}",
        "\\\\u{1F600}", "\\\\cA", "(a+)+$", "#/$defs/a", "%41", "~0~1", "https://example.com/a", "date-time",
        "idn-hostname", "iri",
        "uri-template", "regex", "duration",
    ]

    static let jqWords = [
        "\\(", "..", "?//", " as [$a] |", " as {a: $b, $c} |", "|=", "//=", "+=", "|", ",", ".[", "[]", "?", "$x",
        "$__loc__", "@csv",
        "@base64d", "@sh \"\\(", "def f: f;", "def f(g; $x): g | f(g; $x);", "reduce .[] as $i (",
        "foreach .[] as $i (0; ",
        "label $out | ", "break $out", "if . then ", " elif ", " else ", " end", "try ", " catch ", "limit(3; ",
        "path(", "getpath(",
        "to_entries", "with_entries(", "test(\"", "gsub(\"", "tojson", "fromjson", "splits(", "ltrimstr(", "@text",
        "strptime(",
        "strftime(\"%", "mktime", "gmtime", "implode", "explode", "tostream", "fromstream(", "input", "env", "{(",
        "{$x}", "{\"a\":", "-",
        "*", "/", "%", "==", "<=", " and ", " or ", "not", "1e1000", "nan", "infinite", "error", "error(", "range(",
        "recurse(", "walk(",
        "del(", "delpaths(", "setpath(", "pick(", "ascii", "@json", "splits", "getpath", "limit(", "skip(",
        "have_decnum", "significand",
        "ldexp(", "bsearch(", "combinations", "group_by(", "# comment\n", "\\u0000",
    ]

    static let yaml = [
        "a: &x [1, 2.5, ~, yes, 0x1F, 1e3]\nb: *x\n\"c\": 'it''s'\nd: |\n  text\n   more\ne: >-\n  folded\n  line\n",
        "? key\n: value\n- no\n", "%YAML 1.2\n---\n- !!str 12\n- !custom {a: b, <<: {c: d}}\n...\n",
        "deep: {a: {b: [{c: [1, [2, [3]]]}]}}\ndate: 2026-03-14\nempty:\n# comment\nlist:\n- a\n-  - b\n   - c\n",
    ]

    static let yamlWords = [
        "- ", ": ", "? ", "&a ", "*a", "!!str ", "!!int ", "!x ", "| \n", ">-\n", "---\n", "...\n", "%YAML 1.2\n",
        "<<: ", "~", "\n  ", "\n    ",
        "\t", "{a: 1}", "[1, 2]", "\"\\x41\"", "'", "''", "@", "`", "yes", "0o17", ".inf", "2026-03-14T00:00:00Z",
        "&a [*a]", "? |\n",
    ]

    static let workflowWords = [
        "do:\n", "set: ", "switch: ", "for: {each: x, in: '${ . }'}", "fork: {branches: []}", "try: ", "catch: {}",
        "raise: {error: x}",
        "listen: {to: {any: []}}", "emit: {event: {with: {type: a}}}", "wait: PT1S", "wait: P99999999Y", "call: http",
        "with: {}", "if: '${ .a }'",
        "then: exit", "then: nosuch", "input: {from: '${ .a }'}", "output: {as: .}", "export: {as: .}",
        "timeout: {after: {seconds: 1e9}}",
        "schedule: {every: PT0S}", "cron: '* * * * *'", "use: {functions: {}}", "${ ", "${ $secrets.a }", " }",
        "document: ", "dsl: 1.0.3",
        "retry: {limit: {attempt: {count: 1}}}", "schema: {document: {type: object}}", "metadata: ",
        "call: human-task:1.0.0@default",
        "while: ", "extensions: ", "run: {workflow: {}}", "secrets: [a]",
    ]

    /// The files below a folder, those of one name or all YAML.
    static func files(below folder: String, named name: String? = nil) throws -> [[UInt8]] {
        var found: [[UInt8]] = []
        var open = [folder]
        while let current = open.popLast() {
            for entry in try DirectoryListing.names(in: current) where !entry.hasPrefix(".") {
                let path = current + "/" + entry
                if entry.hasSuffix(".yaml") {
                    if name == nil || name == entry { found.append(try FileBytes.read(path)) }
                } else if !entry.contains(".") {
                    open.append(path)
                }
            }
        }
        return found
    }
}
