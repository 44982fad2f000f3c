import JSON

extension DecodingPass {
    /// Decodes a list of named tasks; gives the first. Flow directives reach only the tasks of the same list.
    func taskList(
        _ value: JSONValue, _ what: String, _ scope: ExpressionScope, nesting: Int, at path: JSONPointer
    ) -> Int? {
        guard let items = array(value, what, at: path) else { return nil }
        guard nesting <= Self.maximumNesting else {
            error(.tooLarge, "Tasks are nested more than \(Self.maximumNesting) deep. Flatten them.", at: path)
            return nil
        }
        let list = reserveList(items, at: path)
        var flows: [Int: TaskFlow] = [:]
        for entry in list.entries {
            let siblings = Siblings(indices: list.indices, isBranch: false)
            flows[entry.index] = task(entry, siblings, scope, nesting: nesting)
        }
        warnOfUnreachable(list.entries, flows)
        return list.entries.first?.index
    }

    /// Decodes the branches of a fork: each stands alone.
    func branches(_ value: JSONValue, _ scope: ExpressionScope, nesting: Int, at path: JSONPointer) -> [Int] {
        guard let items = array(value, "fork.branches", at: path) else { return [] }
        let list = reserveList(items, at: path)
        for var entry in list.entries {
            entry.next = nil
            _ = task(entry, Siblings(indices: list.indices, isBranch: true), scope, nesting: nesting)
        }
        return list.entries.map(\.index)
    }

    private struct ReservedList {
        var entries: [TaskEntry] = []
        var indices: [String: Int] = [:]
    }

    private func reserveList(_ items: [JSONValue], at path: JSONPointer) -> ReservedList {
        var list = ReservedList()
        for (position, item) in items.enumerated() {
            let itemPath = path.appending(position)
            guard tasks.count < Self.maximumTasks else {
                error(.tooLarge, "A workflow can have \(Self.maximumTasks) tasks at most. Split it.", at: itemPath)
                break
            }
            guard let (name, value) = named(item, "A task", at: itemPath) else { continue }
            let entry = TaskEntry(name: name, value: value, path: itemPath.appending(name), index: reserveTask())
            if list.indices[name] != nil {
                error(
                    .duplicateName, "There is another task \(name) in this list. Give each task a name of its own.",
                    at: entry.path)
            }
            if ["continue", "exit", "end"].contains(name) {
                warn(
                    .reservedName, "then: \(name) is a directive and never leads to this task. Rename the task.",
                    at: entry.path)
            }
            list.indices[name] = list.indices[name] ?? entry.index
            list.entries.append(entry)
        }
        for position in list.entries.indices.dropLast() {
            list.entries[position].next = list.entries[position + 1].index
        }
        return list
    }

    /// An item of a list of tasks or cases: an object with exactly one name.
    func named(_ item: JSONValue, _ what: String, at path: JSONPointer) -> (String, JSONValue)? {
        guard let fields = fields(item, what, allowed: nil, at: path) else { return nil }
        guard let (name, value) = fields.object.first.map({ ($0.key, $0.value) }) else {
            error(.missingField, "\(what) needs a name. Write it as - name: { … }.", at: path)
            return nil
        }
        if fields.object.count > 1 {
            error(
                .severalTasksInOneItem,
                "Each item of the list has exactly one name, this one has \(fields.object.keys.joined(separator: ", ")). "
                    + "Put a dash before each.", at: path)
        }
        return (name, value)
    }

    /// Decodes one task into its reserved place. The result says where it can lead, also for a task with mistakes.
    @discardableResult
    func task(_ entry: TaskEntry, _ siblings: Siblings, _ scope: ExpressionScope, nesting: Int) -> TaskFlow? {
        guard let fields = fields(entry.value, "A task", allowed: nil, at: entry.path) else { return nil }
        guard let kind = taskKeyword(fields) else { return nil }
        checkKeys(fields, kind)
        var base = TaskBase()
        base.condition = condition(fields, "if", "A task", scope.at(.condition))
        base.input = dataTransform(fields, "input", "from", before: scope.at(.taskInput), after: nil)
        base.output = dataTransform(fields, "output", "as", before: nil, after: scope.at(.taskOutput))
        base.export = dataTransform(fields, "export", "as", before: nil, after: scope.at(.export))
        base.timeout = timeout(fields, scope.at(.definition))
        base.then = flowTarget(fields, siblings) ?? .next
        if let metadata = fields["metadata"] {
            _ = self.fields(metadata, "metadata", allowed: nil, at: fields.path("metadata"))
        }
        let context = TaskContext(
            fields: fields, siblings: siblings, scope: scope.at(.definition), nesting: nesting)
        let decoded = body(kind, context)
        var flow = TaskFlow(isConditional: base.condition != nil, then: base.then, next: entry.next)
        guard let decoded else {
            flow.isUnknown = true
            return flow
        }
        flow.read(decoded.body)
        tasks[entry.index] = TaskNode(
            index: entry.index, name: entry.name, reference: entry.path.description, function: decoded.function,
            definition: entry.value, base: base, next: entry.next, body: decoded.body,
            extensions: isInExtension ? [] : extensions.filter { $0.kind == nil || $0.kind == kind },
            isInExtension: isInExtension)
        return flow
    }

    /// `continue`, `exit`, `end`, or a task of the same list.
    func flowTarget(_ fields: Fields, _ siblings: Siblings, isRequired: Bool = false) -> FlowTarget? {
        guard let name = string(fields, "then", "A case", isRequired: isRequired) else { return nil }
        switch name {
        case "continue": return .next
        case "exit": return .exit
        case "end": return .end
        default: break
        }
        if siblings.isBranch {
            error(
                .unknownTask, "A branch of a fork can only continue, exit or end. Wrap its tasks in do.",
                at: fields.path("then"))
            return nil
        }
        if let index = siblings.indices[name] { return .task(index) }
        let hint =
            nearest(name, among: siblings.indices.keys).map { "Did you mean \($0)?" }
            ?? "Name a task of the same list, or continue, exit or end."
        error(.unknownTask, "There is no task \(name) in this list. \(hint)", at: fields.path("then"))
        return nil
    }
}

/// A task of a list, its place reserved.
struct TaskEntry {
    var name: String
    var value: JSONValue
    var path: JSONPointer
    var index: Int
    var next: Int?
}

/// The tasks that a flow directive can name.
struct Siblings {
    var indices: [String: Int]
    var isBranch: Bool

    static let none = Siblings(indices: [:], isBranch: true)
}

struct TaskContext {
    var fields: Fields
    var siblings: Siblings
    var scope: ExpressionScope
    var nesting: Int
}
