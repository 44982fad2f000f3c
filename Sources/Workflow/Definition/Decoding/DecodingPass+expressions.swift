import JQ
import JSON

extension DecodingPass {
    /// A field that is always an expression: with or without `${ … }` round it.
    func expression(_ text: String, _ scope: ExpressionScope, at path: JSONPointer) -> RuntimeExpression? {
        compile(Self.expressionSource(text) ?? text, scope, at: path)
    }

    func condition(_ fields: Fields, _ key: String, _ what: String, _ scope: ExpressionScope) -> RuntimeExpression? {
        guard let text = string(fields, key, what) else { return nil }
        return expression(text, scope, at: fields.path(key))
    }

    /// A value that may hold expressions at any depth.
    func template(_ value: JSONValue, _ scope: ExpressionScope, at path: JSONPointer) -> ValueTemplate {
        switch value {
        case .null, .bool, .number: return .constant(value)
        case .string(let text): return textTemplate(text, scope, at: path)
        case .array(let items):
            let templates = items.enumerated().map { template($1, scope, at: path.appending($0)) }
            return templates.allSatisfy(\.isConstant) ? .constant(value) : .array(templates)
        case .object(let object):
            let members = object.map { key, value in
                ValueTemplate.Member(key: key, value: template(value, scope, at: path.appending(key)))
            }
            return members.allSatisfy(\.value.isConstant) ? .constant(value) : .object(members)
        }
    }

    /// `from` or `as`: text is always an expression, an object holds expressions.
    func transform(_ value: JSONValue, _ what: String, _ scope: ExpressionScope, at path: JSONPointer) -> ValueTemplate?
    {
        switch value {
        case .string(let text):
            return expression(text, scope, at: path).map { .expression($0) }
        case .object: return template(value, scope, at: path)
        default:
            error(.wrongType, "\(what) must be an expression or an object, not \(value.kindName).", at: path)
            return nil
        }
    }

    private func textTemplate(_ text: String, _ scope: ExpressionScope, at path: JSONPointer) -> ValueTemplate {
        if let source = Self.expressionSource(text) {
            return compile(source, scope, at: path).map { .expression($0) } ?? .constant(.null)
        }
        if isLoose, let found = looseExpression(text, scope) { return .expression(found) }
        if text.contains("${") {
            warn(
                .expressionInsideText,
                "${ … } is only evaluated when it is the whole text; here it stays as written. "
                    + "Write the whole text as an expression: ${ \"… \\(.name) …\" }.", at: path)
        }
        return .constant(.string(text))
    }

    /// The program of `${ … }`, if the text is one expression as a whole.
    static func expressionSource(_ text: String) -> String? {
        let trimmed = text.withoutBlankEnds
        guard trimmed.hasPrefix("${"), trimmed.hasSuffix("}"), trimmed.utf8.count > 3 else { return nil }
        return String(trimmed.dropFirst(2).dropLast())
    }

    /// In loose mode any text that is a program is an expression; where evaluating it fails, it is text after all.
    private func looseExpression(_ text: String, _ scope: ExpressionScope) -> RuntimeExpression? {
        let source = text.withoutBlankEnds
        guard !source.isEmpty else { return nil }
        let variables = Self.mentioned(scope.variables, in: source)
        guard let program = try? JQProgram(source, variables: variables.map(\.name)) else { return nil }
        var expression = bound(program, source, variables)
        expression.textOnFailure = text
        return expression
    }

    private func compile(_ source: String, _ scope: ExpressionScope, at path: JSONPointer) -> RuntimeExpression? {
        let available = scope.variables
        // $secrets compiles everywhere, so that a place that must not have it gets a message of its own.
        let variables = Self.mentioned(available + [.secrets], in: source)
        do {
            let program = try JQProgram(source, variables: variables.map(\.name))
            checkSecrets(program, source, scope, at: path)
            return bound(program, source, variables)
        } catch {
            if !reportUnknownVariables(source, available, at: path) {
                for problem in error.diagnostics {
                    self.error(
                        .invalidExpression,
                        "The expression does not parse: \(problem.message) "
                            + "(line \(problem.line), column \(problem.column) of the expression). Correct it.",
                        at: path)
                }
            }
            return nil
        }
    }

    private func bound(
        _ program: JQProgram, _ source: String, _ variables: [ExpressionVariable]
    ) -> RuntimeExpression {
        if variables.contains(.workflow) { usesWorkflowArgument = true }
        return RuntimeExpression(source: source.withoutBlankEnds, program: program, variables: variables)
    }

    /// The variables whose names stand in the program, in the order of their declaration and each once: evaluating binds
    /// no others. A local hides an argument of the same name.
    private static func mentioned(_ variables: [ExpressionVariable], in source: String) -> [ExpressionVariable] {
        let names = variableNames(in: source)
        guard !names.isEmpty else { return [] }
        var found: [ExpressionVariable] = []
        for variable in variables.reversed() where names.contains(variable.name) {
            if !found.contains(where: { $0.name == variable.name }) { found.append(variable) }
        }
        return found.reversed()
    }

    /// Every `$name` of the text, whatever it is there.
    private static func variableNames(in source: String) -> Set<String> {
        var names: Set<String> = []
        var bytes = source.utf8[...]
        while let mark = bytes.firstIndex(of: UInt8(ascii: "$")) {
            bytes = bytes[mark...].dropFirst()
            let name = bytes.prefix { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
            if !name.isEmpty, let text = String(name) { names.insert(text) }
        }
        return names
    }

    private func checkSecrets(
        _ program: JQProgram, _ source: String, _ scope: ExpressionScope, at path: JSONPointer
    ) {
        guard program.freeVariables.contains("secrets"), !scope.locals.contains("secrets") else { return }
        if !scope.variables.contains(.secrets) {
            error(
                .secretNotAllowedHere,
                "$secrets can be used in input.from and in authentication only, so that secrets do not leak into "
                    + "the run's data. Take the secret in one of these.", at: path)
        }
        for use in Self.secretUses(in: source) {
            guard components.secrets.contains(use.name) else {
                error(.unknownReference, "There is no secret \(use.name). Declare it in use.secrets.", at: path)
                continue
            }
            if let member = use.member { secretMembers[use.name, default: []].insert(member) }
        }
    }

    /// `name`, and `member` where there is one, of each `$secrets.name.member`.
    private static func secretUses(in source: String) -> [(name: String, member: String?)] {
        source.components(after: "$secrets.").compactMap { rest in
            let name = rest.prefix(while: isNameCharacter)
            guard !name.isEmpty else { return nil }
            let after = rest.dropFirst(name.count)
            let member = after.first == "." ? after.dropFirst().prefix(while: isNameCharacter) : ""
            return (String(name), member.isEmpty ? nil : String(member))
        }
    }

    private static func isNameCharacter(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    /// When the program would compile if only its variables existed: one finding for each that does not.
    private func reportUnknownVariables(
        _ source: String, _ available: [ExpressionVariable], at path: JSONPointer
    ) -> Bool {
        let names = Set((available + [.secrets]).map(\.name))
        let mentioned = Self.variableNames(in: source).sorted()
        guard let program = try? JQProgram(source, variables: mentioned) else { return false }
        let unknown = mentioned.filter { program.freeVariables.contains($0) && !names.contains($0) }
        let list = available.map { "$" + $0.name }.joined(separator: ", ")
        for name in unknown {
            let hint = list.isEmpty ? "No variables can be used here." : "Here there are \(list)."
            error(.unknownVariable, "There is no variable $\(name) here. \(hint)", at: path)
        }
        return !unknown.isEmpty
    }
}

extension String {
    /// YAML's white space alone: what else is blank may be part of an expression.
    var withoutBlankEnds: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
        var text = self[...].drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return String(text)
    }

    /// What follows each occurrence of the mark.
    func components(after mark: String) -> [Substring] {
        var found: [Substring] = []
        var rest = self[...]
        while let at = rest.firstRange(of: mark) {
            rest = rest[at.upperBound...]
            found.append(rest)
        }
        return found
    }
}
