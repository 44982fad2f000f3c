import JSON

extension Compiler {
    /// The value of an expression that is a constant; nil when it is not, or computing it would be an error.
    func folded(_ expression: Expression) -> JSONValue? {
        switch expression.kind {
        case .literal(let value): return value
        case .negate(let operand):
            guard case .number(let number)? = folded(operand) else { return nil }
            return .number(Arithmetic.negate(number))
        case .binary(let operation, let left, let right):
            guard let left = folded(left), let right = folded(right) else { return nil }
            return folded(operation, left, right)
        default: return nil
        }
    }

    /// Only scalars, and nothing that could be large.
    func folded(_ operation: BinaryOperator, _ left: JSONValue, _ right: JSONValue) -> JSONValue? {
        if left.isContainer || right.isContainer { return nil }
        var budget = JQBudget.default
        budget.memoryBytes = 1 << 12
        var meter = Meter(budget, regexes: Self.noRegexes)
        do throws(Fault) {
            let value = try Arithmetic.apply(Int32(operation.rawValue), left, right, &meter)
            if value.isContainer { return Optional.none }  // a plain nil would be JSON's null here
            return value
        } catch {
            return nil
        }
    }

    private static let noRegexes = RegexCache()

    /// Whether an expression gives exactly one value, or an error, and leaves nothing to come back to.
    func isSingle(_ expression: Expression, _ scope: Scope?) -> Bool {
        switch expression.kind {
        case .identity, .literal, .format, .variable, .location, .collect: true
        case .recurse, .iterate, .attempt, .comma, .foreach, .label, .break, .define: false
        case .interpolation(_, let parts):
            parts.allSatisfy { if case .value(let value) = $0 { isSingle(value, scope) } else { true } }
        case .index(let target, let key, let optional):
            !optional && isSingle(target, scope) && isSingle(key, scope)
        case .slice(let target, let from, let to, let optional):
            !optional && isSingle(target, scope) && [from, to].allSatisfy { $0.map { isSingle($0, scope) } ?? true }
        case .negate(let operand): isSingle(operand, scope)
        case .object(let entries): entries.allSatisfy { isSingle($0.key, scope) && isSingle($0.value, scope) }
        case .pipe(let stages): stages.allSatisfy { isSingle($0, scope) }
        case .binary(_, let left, let right), .and(let left, let right), .or(let left, let right):
            isSingle(left, scope) && isSingle(right, scope)
        case .alternative: false
        case .assign(let operation, _, let value):
            if case .update = operation { true } else { isSingle(value, scope) }
        case .conditional(let branches, let otherwise):
            branches.allSatisfy { isSingle($0.condition, scope) && isSingle($0.body, scope) }
                && (otherwise.map { isSingle($0, scope) } ?? true)
        case .reduce(_, _, let initial, _): isSingle(initial, scope)
        case .bind(let source, let patterns, let body):
            patterns.count == 1 && isSimple(patterns[0]) && isSingle(source, scope)
                && isSingle(body, shadowing(patterns, scope))
        case .call(let name, let arguments): isSingleCall(name, arguments, scope)
        }
    }

    /// Variables never change what a call means, so the scope stays as it is.
    private func shadowing(_ patterns: [Pattern], _ scope: Scope?) -> Scope? { scope }

    private func isSimple(_ pattern: Pattern) -> Bool {
        switch pattern.kind {
        case .variable: true
        case .array(let elements): elements.allSatisfy { isSimple($0) }
        case .object(let members):
            members.allSatisfy { folded($0.key) != nil && ($0.pattern.map { isSimple($0) } ?? true) }
        }
    }

    private func isSingleCall(_ name: String, _ arguments: [Expression], _ scope: Scope?) -> Bool {
        switch resolve(name, arguments.count, scope) {
        case .inlined(_, let argument, let outer)?: return isSingle(argument, outer)
        case .some: return false
        case nil: break
        }
        switch (name, arguments.count) {
        case ("isempty", 1), ("any", 2), ("all", 2), ("builtins", 0), ("error", 0): return true
        case ("getpath", 1): return isSingle(arguments[0], scope)
        default: break
        }
        if Self.specialNames.contains("\(name)/\(arguments.count)") { return false }
        if Native.table["\(name)/\(arguments.count)"] != nil { return arguments.allSatisfy { isSingle($0, scope) } }
        guard let definition = Prelude.definitions["\(name)/\(arguments.count)"],
            !Self.recursivePrelude.contains("\(name)/\(arguments.count)")
        else { return false }
        var inner: Scope?
        for (parameter, argument) in zip(definition.parameters, arguments) {
            if parameter.isValue {
                guard isSingle(argument, scope) else { return false }
            } else {
                inner = Scope(.inlined(parameter.name, argument, scope), parent: inner)
            }
        }
        return isSingle(definition.body, inner)
    }
}

extension Prelude {
    /// How often a parameter is called in a definition.
    static func uses(of parameter: String, in definition: FunctionDefinition) -> Int {
        useCounts["\(definition.name)/\(definition.arity)"]?[parameter] ?? 0
    }

    private static let useCounts: [String: [String: Int]] = definitions.mapValues { definition in
        var counts: [String: Int] = [:]
        definition.body.forEachCall { name, arity in
            if arity == 0 { counts[name, default: 0] += 1 }
        }
        return counts
    }
}

extension Expression {
    private static let pathBuiltins: Set<String> = [
        "path", "paths", "leaf_paths", "del", "pick", "map_values", "tostream", "truncate_stream", "walk",
    ]

    /// Whether anything in it may follow paths.
    var followsPaths: Bool {
        switch kind {
        case .assign: return true
        case .call(let name, _) where Self.pathBuiltins.contains(name): return true
        default:
            var found = false
            forEachChild { if !found { found = $0.followsPaths } }
            return found
        }
    }

    /// Every call in the tree, in the order of the text.
    func forEachCall(_ body: (String, Int) -> Void) {
        if case .call(let name, let arguments) = kind { body(name, arguments.count) }
        forEachChild { $0.forEachCall(body) }
    }

    func forEachChild(_ body: (Expression) -> Void) {
        switch kind {
        case .identity, .recurse, .literal, .format, .break, .variable, .location: break
        case .interpolation(_, let parts): for case .value(let value) in parts { body(value) }
        case .index(let target, let key, _):
            body(target)
            body(key)
        case .slice(let target, let from, let to, _):
            body(target)
            if let from { body(from) }
            if let to { body(to) }
        case .iterate(let target, _): body(target)
        case .attempt(let inner, let handler):
            body(inner)
            if let handler { body(handler) }
        case .negate(let operand): body(operand)
        case .collect(let inner): if let inner { body(inner) }
        case .object(let entries):
            for entry in entries {
                body(entry.key)
                body(entry.value)
            }
        case .pipe(let parts), .comma(let parts): for part in parts { body(part) }
        case .binary(_, let left, let right), .and(let left, let right), .or(let left, let right),
            .alternative(let left, let right), .assign(_, let left, let right):
            body(left)
            body(right)
        case .conditional(let branches, let otherwise):
            for branch in branches {
                body(branch.condition)
                body(branch.body)
            }
            if let otherwise { body(otherwise) }
        case .reduce(let source, let patterns, let initial, let update):
            body(source)
            for pattern in patterns { pattern.forEachKey(body) }
            body(initial)
            body(update)
        case .foreach(let source, let patterns, let initial, let update, let extract):
            body(source)
            for pattern in patterns { pattern.forEachKey(body) }
            body(initial)
            body(update)
            if let extract { body(extract) }
        case .bind(let source, let patterns, let inner):
            body(source)
            for pattern in patterns { pattern.forEachKey(body) }
            body(inner)
        case .label(_, let inner): body(inner)
        case .call(_, let arguments): for argument in arguments { body(argument) }
        case .define(let definitions, let inner):
            for definition in definitions { body(definition.body) }
            body(inner)
        }
    }
}

extension Pattern {
    func forEachKey(_ body: (Expression) -> Void) {
        switch kind {
        case .variable: break
        case .array(let elements): for element in elements { element.forEachKey(body) }
        case .object(let members):
            for member in members {
                body(member.key)
                member.pattern?.forEachKey(body)
            }
        }
    }
}
