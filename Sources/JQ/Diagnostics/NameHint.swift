/// What may have been meant by a name that nothing has.
enum NameHint {
    /// What other languages call what jq has under another name.
    private static let elsewhere: [String: String] = [
        "toLowerCase": "ascii_downcase", "tolower": "ascii_downcase", "lower": "ascii_downcase",
        "lowercase": "ascii_downcase",
        "toUpperCase": "ascii_upcase", "toupper": "ascii_upcase", "upper": "ascii_upcase", "uppercase": "ascii_upcase",
        "size": "length", "count": "length", "len": "length", "filter": "select", "where": "select", "forEach": "map",
        "each": "map", "sum": "add", "avg": "add / length", "average": "add / length", "mean": "add / length",
        "substring": ".[from:to]", "substr": ".[from:to]", "concat": "+", "push": ". + [x]", "append": ". + [x]",
        "toString": "tostring", "string": "tostring", "str": "tostring", "number": "tonumber",
        "int": "tonumber | floor",
        "parseInt": "tonumber", "toNumber": "tonumber", "float": "tonumber", "parse": "fromjson", "stringify": "tojson",
        "replace": "sub(regex; text) or gsub(regex; text)", "replaceAll": "gsub(regex; text)", "matches": "test(regex)",
        "includes": "contains(x) or index(x)", "indexOf": "index(x)", "exists": "has(key)",
        "hasOwnProperty": "has(key)",
        "startsWith": "startswith(text)", "endsWith": "endswith(text)", "strip": "trim", "round2": "round",
        "head": "first",
        "tail": ".[1:]", "distinct": "unique", "uniq": "unique", "orderBy": "sort_by(f)", "sortBy": "sort_by(f)",
        "groupBy": "group_by(f)", "reduceBy": "reduce", "coalesce": "a // b", "ifnull": "a // b", "isNull": ". == null",
        "None": "null", "nil": "null", "undefined": "null", "NULL": "null", "Null": "null", "True": "true",
        "TRUE": "true",
        "False": "false", "FALSE": "false", "typeof": "type", "date": "todate", "Date": "todate",
        "flatMap": "[.[] | f]",
        "uuid": "an identifier from the input",
    ]

    /// - Parameters:
    ///   - known: the names that there are.
    ///   - program: the program's text, to see what stands round the name.
    static func text(_ name: String, at span: Span, known: [String], in program: [UInt8]) -> String {
        if let key = quotedKey(name, at: span, in: program) { return key }
        if let other = elsewhere[name], other != name { return "; did you mean \(other)?" }
        return nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
    }

    /// `.foo-bar` is read as `.foo - bar`, and `.[a]` asks a function for the index.
    private static func quotedKey(_ name: String, at span: Span, in program: [UInt8]) -> String? {
        let (start, end) = (Int(span.start), min(Int(span.end), program.count))
        guard start >= 2, end <= program.count else { return nil }
        if program[start - 1] == UInt8(ascii: "-"), isWordPart(program[start - 2]) {
            let head = program[..<(start - 1)].reversed().prefix(while: isWordPart).reversed()
            return "; a key with '-' needs quotes, as in .[\"\(String(decoding: head, as: UTF8.self))-\(name)\"]"
        }
        if program[start - 1] == UInt8(ascii: "["), end < program.count, program[end] == UInt8(ascii: "]") {
            return "; the member of this name is .\(name) or .[\"\(name)\"]"
        }
        return nil
    }

    private static func isWordPart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    /// The name that needs the fewest changes, when they are few for its length.
    static func nearest(to name: String, among known: [String]) -> String? {
        let letters = Array(name.utf8)
        guard (3...40).contains(letters.count) else { return nil }
        let allowed = letters.count < 5 ? 1 : 2
        var best: (name: String, distance: Int)?
        for candidate in known {
            let other = Array(candidate.utf8)
            if abs(other.count - letters.count) > allowed { continue }
            let distance = distance(letters, other)
            if distance > 0, distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// Levenshtein's.
    private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var row = Array(0...other.count)
        for (place, letter) in one.enumerated() {
            var diagonal = row[0]
            row[0] = place + 1
            for (column, letterOfOther) in other.enumerated() {
                let replaced = diagonal + (letter == letterOfOther ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[other.count]
    }
}
