/// Rewrites an ECMA-262 regular expression (with the `u` flag) in Oniguruma's syntax, so that it means the same there:
/// `\d` and `\w` are ASCII, `\s` is what ECMA-262 calls white space, `$` is the very end, and `.` stops at four kinds of
/// line end. Everything that has a meaning of its own to Oniguruma is escaped, so nothing else can be reached.
///
/// More lenient than the standard in two things that are common in the wild: any punctuation may be escaped, and `{`,
/// `}` and `]` stand for themselves where they cannot mean anything else.
struct PatternTranslator {
    private var input: ArraySlice<Unicode.Scalar>
    private var output: [UInt8] = []
    private var depth = 0
    private let groups: GroupNames
    /// How many copies of what is being read the finished expression will hold, for each open group.
    private var weights: [Int] = [0]

    static let maximumDepth = 50
    static let maximumWeight = 20_000
    static let maximumRepeat = 10_000

    static func translate(_ source: String) throws(PatternError) -> [UInt8] {
        var translator = PatternTranslator(source)
        try translator.disjunction()
        if translator.input.first != nil { throw PatternError(reason: "it has a “)” without a “(”") }
        return translator.output
    }

    private init(_ source: String) {
        input = Array(source.unicodeScalars)[...]
        groups = GroupNames(in: source)
    }

    private mutating func disjunction() throws(PatternError) {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.maximumDepth { throw PatternError(reason: "its groups are nested too deeply") }
        while let next = input.first, next != ")" {
            input.removeFirst()
            if next == "|" {
                output.append(UInt8(ascii: "|"))
            } else {
                try term(next)
            }
        }
    }

    /// One assertion or one atom with its quantifier.
    private mutating func term(_ first: Unicode.Scalar) throws(PatternError) {
        switch first {
        case "^": emit("\\A")
        case "$": emit("\\z")
        case "(": try group()
        case "*", "+", "?": throw PatternError(reason: "there is nothing before “\(first)” to repeat")
        default:
            let outside = output.count
            try atom(first)
            try quantifier(weight: 1, from: outside)
        }
    }

    private mutating func atom(_ first: Unicode.Scalar) throws(PatternError) {
        switch first {
        case ".": emit("[^\\n\\r\\x{2028}\\x{2029}]")
        case "[": emit(try characterClass())
        case "\\": try atomEscape()
        default: emit(literal: first)
        }
    }

    private mutating func group() throws(PatternError) {
        let outside = output.count
        var isLookaround = false
        if take("?") {
            switch true {
            case take(":"): emit("(?:")
            case take("="):
                emit("(?=")
                isLookaround = true
            case take("!"):
                emit("(?!")
                isLookaround = true
            case take("<="):
                emit("(?<=")
                isLookaround = true
            case take("<!"):
                emit("(?<!")
                isLookaround = true
            case take("<"):
                _ = try groupName()
                emit("(")  // all groups are numbered
            default: throw PatternError(reason: "“(?” begins a group that ECMA-262 does not know")
            }
        } else {
            emit("(")
        }
        weights.append(0)
        try disjunction()
        guard take(")") else { throw PatternError(reason: "it has a “(” without a “)”") }
        emit(")")
        let weight = weights.removeLast() + 1
        if isLookaround {
            try add(weight: weight)
        } else {
            try quantifier(weight: weight, from: outside)
        }
    }

    private mutating func groupName() throws(PatternError) -> String {
        var name = String.UnicodeScalarView()
        while let next = input.popFirst(), next != ">" { name.append(next) }
        guard let first = name.first, first.properties.isIDStart || first == "_" || first == "$" else {
            throw PatternError(reason: "a group has no proper name")
        }
        return String(name)
    }

    /// Reads a quantifier, when there is one, for the atom that was written from `outside` on.
    private mutating func quantifier(weight: Int, from outside: Int) throws(PatternError) {
        var copies = 1
        switch input.first {
        case "*", "+", "?":
            if let sign = input.popFirst() { emit(String(sign)) }
            if take("?") { emit("?") }
        case "{":
            guard let (bounds, rest) = try counts(input.dropFirst()) else { break }
            input = rest
            let isLazy = take("?")
            copies = max(bounds.upper ?? bounds.lower, 1)
            emit("{\(bounds.lower),\(bounds.upper.map(String.init) ?? "")}")
            if isLazy, bounds.upper != bounds.lower { emit("?") }
        default: return try add(weight: weight)
        }
        // Oniguruma would read a second sign as part of this quantifier.
        if let next = input.first {
            let isQuantifier = next == "*" || next == "+" || next == "?"
            let isCounted = next == "{" ? try counts(input.dropFirst()) != nil : false
            guard isQuantifier || isCounted else { return try close(weight: weight, copies: copies, from: outside) }
            throw PatternError(reason: "there is nothing before “\(next)” to repeat")
        }
        try close(weight: weight, copies: copies, from: outside)
    }

    private mutating func close(weight: Int, copies: Int, from outside: Int) throws(PatternError) {
        output.insert(contentsOf: Array("(?:".utf8), at: outside)
        emit(")")
        try add(weight: weight * copies)
    }

    private mutating func add(weight: Int) throws(PatternError) {
        weights[weights.count - 1] += weight
        if weights[weights.count - 1] > Self.maximumWeight {
            throw PatternError(reason: "its repetitions make it too large")
        }
    }

    /// The bounds of `{n}`, `{n,}` or `{n,m}`; nil when the brace is only a brace.
    private func counts(
        _ text: ArraySlice<Unicode.Scalar>
    ) throws(PatternError) -> ((lower: Int, upper: Int?), ArraySlice<Unicode.Scalar>)? {
        var rest = text
        guard let lower = Self.number(&rest) else { return nil }
        var upper: Int? = lower
        if rest.first == "," {
            rest.removeFirst()
            upper = Self.number(&rest)
        }
        guard rest.popFirst() == "}" else { return nil }
        if lower > Self.maximumRepeat || (upper ?? 0) > Self.maximumRepeat {
            throw PatternError(reason: "it repeats something more than \(Self.maximumRepeat) times")
        }
        if let upper, upper < lower { throw PatternError(reason: "the numbers in a “{}” are out of order") }
        return ((lower, upper), rest)
    }

    private static func number(_ text: inout ArraySlice<Unicode.Scalar>) -> Int? {
        var value: Int?
        while let next = text.first, next.value &- 0x30 < 10 {
            value = min((value ?? 0) * 10 + Int(next.value - 0x30), maximumRepeat + 1)
            text.removeFirst()
        }
        return value
    }

    private mutating func take(_ expected: String) -> Bool {
        guard input.starts(with: expected.unicodeScalars) else { return false }
        input.removeFirst(expected.unicodeScalars.count)
        return true
    }

    private mutating func emit(_ text: String) { output.append(contentsOf: text.utf8) }

    private mutating func emit(literal scalar: Unicode.Scalar) { emit(PatternEscape.literal(scalar)) }
}

extension PatternTranslator {
    private mutating func atomEscape() throws(PatternError) {
        switch input.first {
        case "b":
            input.removeFirst()
            emit(
                "(?:(?<=\(PatternEscape.word))(?!\(PatternEscape.word))|(?<!\(PatternEscape.word))(?=\(PatternEscape.word)))"
            )
        case "B":
            input.removeFirst()
            emit(
                "(?:(?<=\(PatternEscape.word))(?=\(PatternEscape.word))|(?<!\(PatternEscape.word))(?!\(PatternEscape.word)))"
            )
        case "k":
            input.removeFirst()
            guard take("<") else { throw PatternError(reason: "“\\k” is not followed by a group's name") }
            let name = try groupName()
            guard let number = groups.numbers[name] else {
                throw PatternError(reason: "there is no group with the name “\(name)”")
            }
            emit("(?:\\\(number))")
        case let digit? where digit.value &- 0x31 < 9:
            let number = Self.number(&input) ?? 0
            guard number <= groups.count else { throw PatternError(reason: "there is no group \(number)") }
            emit("(?:\\\(number))")
        default:
            switch try PatternEscape.read(&input) {
            case .character(let scalar): emit(literal: scalar)
            case .set(let set): emit(set)
            }
        }
    }

    /// Reads a class whose `[` is read, and gives it in Oniguruma's form.
    private mutating func characterClass() throws(PatternError) -> String {
        let isNegated = take("^")
        var items = ""
        while true {
            guard let next = input.popFirst() else { throw PatternError(reason: "it has a “[” without a “]”") }
            if next == "]" { break }
            let lower = try classItem(next)
            guard input.first == "-", let after = input.dropFirst().first, after != "]" else {
                items += lower.text
                continue
            }
            input.removeFirst(2)
            let upper = try classItem(after)
            guard case .character(let first) = lower, case .character(let last) = upper else {
                items += lower.text + "\\-" + upper.text
                continue
            }
            if first > last { throw PatternError(reason: "a range in a “[]” is out of order") }
            items += PatternEscape.literal(first) + "-" + PatternEscape.literal(last)
        }
        if items.isEmpty { return isNegated ? "[\\x{0}-\\x{10ffff}]" : "(?!)" }
        return (isNegated ? "[^" : "[") + items + "]"
    }

    private mutating func classItem(_ first: Unicode.Scalar) throws(PatternError) -> PatternEscape {
        guard first == "\\" else { return .character(first) }
        if take("b") { return .character("\u{8}") }
        return try PatternEscape.read(&input)
    }
}
