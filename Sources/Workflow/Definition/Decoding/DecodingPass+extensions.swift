import JSON

extension DecodingPass {
    /// `use.extensions`, decoded before the tasks that they extend.
    func decodeExtensions(_ root: Fields, _ scope: ExpressionScope) {
        guard let value = root["use"]?["extensions"] else { return }
        let path = root.path("use").appending("extensions")
        guard let items = array(value, "extensions", at: path) else { return }
        isInExtension = true
        defer { isInExtension = false }
        var names: Set<String> = []
        for (position, item) in items.enumerated() {
            let itemPath = path.appending(position)
            guard let (name, value) = named(item, "An extension", at: itemPath) else { continue }
            if !names.insert(name).inserted {
                error(
                    .duplicateName, "There is another extension \(name). Give each a name of its own.",
                    at: itemPath.appending(name))
            }
            if let plan = extensionPlan(name, value, scope, at: itemPath.appending(name)) { extensions.append(plan) }
        }
    }

    private func extensionPlan(
        _ name: String, _ value: JSONValue, _ scope: ExpressionScope, at path: JSONPointer
    ) -> ExtensionPlan? {
        let keys = ["extend", "when", "before", "after"]
        guard let fields = fields(value, "An extension", allowed: keys, at: path),
            let extended = string(fields, "extend", "An extension", isRequired: true)
        else { return nil }
        // The specification's word for do is composite.
        let kinds: [String: TaskKeyword] = [
            "call": .call, "composite": .do, "emit": .emit, "for": .for, "listen": .listen, "raise": .raise,
            "run": .run, "set": .set, "switch": .switch, "try": .try, "wait": .wait,
        ]
        if extended != "all", kinds[extended] == nil {
            let all = (["all"] + kinds.keys.sorted()).joined(separator: ", ")
            error(.invalidValue, "extend cannot be \(extended). Choose one of \(all).", at: fields.path("extend"))
        }
        var plan = ExtensionPlan(name: name, kind: kinds[extended])
        plan.when = condition(fields, "when", "An extension", scope.at(.condition))
        plan.before = fields["before"].flatMap { taskList($0, "before", scope, nesting: 1, at: fields.path("before")) }
        plan.after = fields["after"].flatMap { taskList($0, "after", scope, nesting: 1, at: fields.path("after")) }
        return plan
    }
}
