package import JQ
package import JSON

/// A path with expressions in braces: `/api/work-orders/{ .arguments.id }/lines`.
///
/// What an expression yields becomes one percent-encoded segment, so that an argument can neither leave the path
/// (`../`) nor add a query.
package struct PathTemplate: Sendable {
    enum Part: Sendable {
        case text(String)
        case expression(JQProgram)
    }

    let parts: [Part]

    package struct SyntaxError: Error {
        package var message: String
    }

    package init(_ source: String) throws(SyntaxError) {
        guard source.hasPrefix("/") else { throw SyntaxError(message: "a path begins with a slash") }
        var parts: [Part] = []
        var text = ""
        var rest = Substring(source)
        while let character = rest.popFirst() {
            if character == "?" || character == "#" { throw SyntaxError(message: "a query belongs into `query`") }
            if character == "}" { throw SyntaxError(message: "a closing brace has no opening brace") }
            guard character == "{" else {
                text.append(character)
                continue
            }
            guard let end = rest.firstIndex(of: "}") else { throw SyntaxError(message: "a brace is not closed") }
            if !text.isEmpty { parts.append(.text(text)) }
            text = ""
            do {
                parts.append(.expression(try JQProgram(String(rest[..<end]))))
            } catch {
                throw SyntaxError(message: "the expression in braces is not valid jq: \(error)")
            }
            rest = rest[rest.index(after: end)...]
        }
        if !text.isEmpty { parts.append(.text(text)) }
        self.parts = parts
    }

    /// The path for one call.
    package func expand(_ input: JSONValue, budget: JQBudget) throws(TemplateError) -> String {
        var path = ""
        for part in parts {
            switch part {
            case .text(let text): path += text
            case .expression(let program):
                let value = try program.single(input, budget: budget, place: "path")
                guard let segment = value.plainText, !segment.isEmpty, segment != ".", segment != ".." else {
                    throw TemplateError(
                        place: "path", message: "a path segment must be a text or a number, and not empty")
                }
                path += PercentEncoding.component(segment)
            }
        }
        return path
    }
}
