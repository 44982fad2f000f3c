import JSON

/// The property that makes a task what it is.
enum TaskKeyword: String, CaseIterable {
    case call, `do`, fork, emit, `for`, listen, raise, run, set, `switch`, `try`, wait

    /// Properties beside those that every task can have.
    var properties: [String] {
        switch self {
        case .call: ["call", "with"]
        case .for: ["for", "while", "do"]
        case .listen: ["listen", "foreach"]
        case .try: ["try", "catch"]
        default: [rawValue]
        }
    }

    static let common = ["if", "input", "output", "export", "timeout", "then", "metadata"]
}

struct DecodedBody {
    var body: TaskBody
    var function: String?

    init(_ body: TaskBody, function: String? = nil) {
        self.body = body
        self.function = function
    }
}

extension DecodingPass {
    func taskKeyword(_ fields: Fields) -> TaskKeyword? {
        var found = TaskKeyword.allCases.filter { fields.object.contains(key: $0.rawValue) }
        if found.contains(.for) { found.removeAll { $0 == .do } }
        let all = TaskKeyword.allCases.map(\.rawValue).joined(separator: ", ")
        if found.count > 1 {
            error(
                .severalTaskKinds,
                "A task does one thing, this one has \(found.map(\.rawValue).joined(separator: " and ")). "
                    + "Make a task of each.", at: fields.path)
            return nil
        }
        guard let keyword = found.first else {
            let misspelt = fields.object.keys.lazy.compactMap { key in
                self.nearest(key, among: TaskKeyword.allCases.map(\.rawValue)).map { (key, $0) }
            }.first { !TaskKeyword.common.contains($0.0) }
            let hint = misspelt.map { "Did you mean \($0.1) instead of \($0.0)?" } ?? "Give one of \(all)."
            error(.noTaskKind, "The task does not say what to do. \(hint)", at: fields.path)
            return nil
        }
        return keyword
    }

    func checkKeys(_ fields: Fields, _ keyword: TaskKeyword) {
        _ = self.fields(
            .object(fields.object), "A \(keyword.rawValue) task", allowed: TaskKeyword.common + keyword.properties,
            at: fields.path)
    }

    func body(_ keyword: TaskKeyword, _ context: TaskContext) -> DecodedBody? {
        switch keyword {
        case .call: callBody(context)
        case .do: doBody(context).map { DecodedBody($0) }
        case .fork: forkBody(context).map { DecodedBody($0) }
        case .emit: emitBody(context).map { DecodedBody($0) }
        case .for: forBody(context).map { DecodedBody($0) }
        case .listen: listenBody(context).map { DecodedBody($0) }
        case .raise: raiseBody(context).map { DecodedBody($0) }
        case .run: runBody(context)
        case .set: setBody(context).map { DecodedBody($0) }
        case .switch: switchBody(context).map { DecodedBody($0) }
        case .try: tryBody(context).map { DecodedBody($0) }
        case .wait: waitBody(context).map { DecodedBody($0) }
        }
    }

    private func setBody(_ context: TaskContext) -> TaskBody? {
        let fields = context.fields
        guard let value = fields["set"] else { return nil }
        switch value {
        case .object(let object):
            if object.isEmpty {
                error(.missingField, "set has nothing to set. Give at least one name: value.", at: fields.path("set"))
            }
            return .set(template(value, context.scope, at: fields.path("set")))
        case .string(let text):
            if !isLoose, Self.expressionSource(text) == nil {
                error(
                    .invalidExpression, "set as text must be an expression. Write it as ${ … }, or give an object.",
                    at: fields.path("set"))
                return nil
            }
            return .set(template(value, context.scope, at: fields.path("set")))
        default:
            error(
                .wrongType, "set must be an object or an expression, not \(value.kindName).", at: fields.path("set"))
            return nil
        }
    }

    private func switchBody(_ context: TaskContext) -> TaskBody? {
        let path = context.fields.path("switch")
        guard let value = context.fields["switch"], let items = array(value, "switch", at: path) else { return nil }
        if items.isEmpty { error(.missingField, "switch needs at least one case. Add one.", at: path) }
        var cases: [SwitchCase] = []
        var names: Set<String> = []
        for (position, item) in items.enumerated() {
            let itemPath = path.appending(position)
            guard let (name, value) = named(item, "A case", at: itemPath),
                let fields = fields(value, "A case", allowed: ["when", "then"], at: itemPath.appending(name))
            else { continue }
            if !names.insert(name).inserted {
                error(.duplicateName, "There is another case \(name). Give each case its own name.", at: fields.path)
            }
            let condition = condition(fields, "when", "A case", context.scope)
            guard let then = flowTarget(fields, context.siblings, isRequired: true) else { continue }
            if fields["when"] != nil, condition == nil { continue }
            cases.append(SwitchCase(name: name, condition: condition, then: then))
        }
        if cases.count(where: { $0.condition == nil }) > 1 {
            error(
                .severalDefaultCases,
                "Only one case can do without when: it is taken when no other matches. "
                    + "Give the others a condition.", at: path)
        }
        return .select(cases: cases)
    }

    private func doBody(_ context: TaskContext) -> TaskBody? {
        guard let value = context.fields["do"] else { return nil }
        let first = taskList(
            value, "do", context.scope, nesting: context.nesting + 1, at: context.fields.path("do"))
        return .sequence(first: first)
    }

    private func forBody(_ context: TaskContext) -> TaskBody? {
        let path = context.fields.path("for")
        guard let value = context.fields["for"],
            let loop = fields(value, "for", allowed: ["each", "in", "at"], at: path)
        else { return nil }
        let item = variableName(loop, "each", default: "item")
        let position = variableName(loop, "at", default: "index")
        var items: ValueTemplate?
        switch loop["in"] {
        case nil: missing("in", "for", in: loop)
        case .string(let text):
            items = expression(text, context.scope, at: loop.path("in")).map { .expression($0) }
        case .array(let list): items = template(.array(list), context.scope, at: loop.path("in"))
        case let other?:
            error(.wrongType, "in must be an expression or a list, not \(other.kindName).", at: loop.path("in"))
        }
        let inner = context.scope.binding(item, position)
        let condition = condition(context.fields, "while", "A for task", inner)
        guard let list = context.fields["do"] else {
            missing("do", "A for task", in: context.fields)
            return nil
        }
        let first = taskList(list, "do", inner, nesting: context.nesting + 1, at: context.fields.path("do"))
        guard let items else { return nil }
        return .loop(Loop(item: item, position: position, items: items, condition: condition, first: first))
    }

    /// The name of a variable that the task binds, without `$`.
    func variableName(_ fields: Fields, _ key: String, default fallback: String) -> String {
        guard let name = string(fields, key, "A task") else { return fallback }
        let isIdentifier =
            !name.isEmpty && !(0x30...0x39).contains(name.utf8.first ?? 0x30)
            && name.utf8.allSatisfy { Self.isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
        if !isIdentifier {
            error(
                .invalidValue, "\"\(name)\" cannot be a variable. Use letters, digits and _, without $.",
                at: fields.path(key))
            return fallback
        }
        if ExpressionVariable.arguments.contains(where: { $0.name == name }) {
            error(
                .reservedName, "$\(name) already means something in every expression. Choose another name.",
                at: fields.path(key))
            return fallback
        }
        return name
    }

    private func waitBody(_ context: TaskContext) -> TaskBody? {
        guard let value = context.fields["wait"] else { return nil }
        return duration(value, context.scope, at: context.fields.path("wait")).map { .wait($0) }
    }

    private func forkBody(_ context: TaskContext) -> TaskBody? {
        let path = context.fields.path("fork")
        guard let value = context.fields["fork"],
            let fork = fields(value, "fork", allowed: ["branches", "compete"], at: path)
        else { return nil }
        guard let list = fork["branches"] else {
            missing("branches", "fork", in: fork)
            return nil
        }
        let competes = boolean(fork, "compete") ?? false
        let branches = branches(list, context.scope, nesting: context.nesting + 1, at: fork.path("branches"))
        return .fork(branches: branches, competes: competes)
    }

    private func raiseBody(_ context: TaskContext) -> TaskBody? {
        let path = context.fields.path("raise")
        guard let value = context.fields["raise"], let raise = fields(value, "raise", allowed: ["error"], at: path)
        else { return nil }
        switch raise["error"] {
        case nil:
            missing("error", "raise", in: raise)
            return nil
        case .string(let name):
            guard let named = components.errors[name] else {
                unknownComponent(name, "error", "use.errors", components.errors.keys, at: raise.path("error"))
                return nil
            }
            return errorTemplate(named, context.scope, at: JSONPointer(["use", "errors", name])).map { .raise($0) }
        case let inline?:
            return errorTemplate(inline, context.scope, at: raise.path("error")).map { .raise($0) }
        }
    }

    func errorTemplate(_ value: JSONValue, _ scope: ExpressionScope, at path: JSONPointer) -> ErrorTemplate? {
        let keys = ["type", "status", "instance", "title", "detail"]
        guard let fields = fields(value, "An error", allowed: keys, at: path) else { return nil }
        let text = { (key: String) -> ValueTemplate? in
            self.string(fields, key, "An error").map { self.template(.string($0), scope, at: fields.path(key)) }
        }
        let type = text("type")
        if fields["type"] == nil { missing("type", "An error", in: fields) }
        var status: ValueTemplate?
        switch fields["status"] {
        case nil: missing("status", "An error", in: fields)
        case .string(let source) where Self.expressionSource(source) != nil:
            status = template(.string(source), scope, at: fields.path("status"))
        default: status = integer(fields, "status").map { .constant(JSONValue($0)) }
        }
        guard let type, let status else { return nil }
        return ErrorTemplate(
            type: type, status: status, title: text("title"), detail: text("detail"), instance: text("instance"))
    }
}
