import JSON

/// Finds which parameters a definition reads: `$context.parameters.name`, as deep as names follow, also through
/// `$context.parameters as $p | … $p.name`. Expressions are read as text, which is enough for that convention.
enum ParameterUse {
    struct Use: Hashable {
        /// `["assets"]`, `["severities", "critical"]`.
        let names: [String]
        /// JSON pointer of the text that holds the expression.
        let pointer: String
    }

    static func uses(in document: JSONValue) -> [Use] {
        var found: [Use] = []
        collect(document, JSONPointer.root, &found)
        return found
    }

    private static func collect(_ value: JSONValue, _ pointer: JSONPointer, _ found: inout [Use]) {
        switch value {
        case .string(let text):
            for names in names(in: text) { found.append(Use(names: names, pointer: pointer.description)) }
        case .array(let items):
            for (index, item) in items.enumerated() { collect(item, pointer.appending(index), &found) }
        case .object(let members):
            for (key, member) in members { collect(member, pointer.appending(key), &found) }
        default: break
        }
    }

    private static let root = "$context.parameters"

    static func names(in expression: String) -> [[String]] {
        var found: [[String]] = []
        var variables = [root]
        var index = 0
        while index < variables.count {
            for range in expression.ranges(of: variables[index]) {
                let rest = expression[range.upperBound...]
                if let variable = boundVariable(rest) {
                    if !variables.contains(variable) { variables.append(variable) }
                    continue
                }
                let names = path(rest)
                if !names.isEmpty { found.append(names) }
            }
            index += 1
        }
        return found
    }

    /// ` as $p | …` or `) as $p | …`.
    private static func boundVariable(_ text: Substring) -> String? {
        var rest = text.drop { $0 == " " || $0 == ")" }
        guard rest.hasPrefix("as $") else { return nil }
        rest = rest.dropFirst(4)
        let name = rest.prefix(while: isNamePart)
        return name.isEmpty ? nil : "$" + name
    }

    private static func path(_ text: Substring) -> [String] {
        var names: [String] = []
        var rest = text
        while rest.first == "." {
            let name = rest.dropFirst().prefix(while: isNamePart)
            guard let first = name.first, !first.isNumber else { break }
            names.append(String(name))
            rest = rest.dropFirst(1 + name.count)
            if rest.first == "?" { rest.removeFirst() }
        }
        return names
    }

    private static func isNamePart(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "_")
    }
}
