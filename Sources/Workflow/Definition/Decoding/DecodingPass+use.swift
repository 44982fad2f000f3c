import JSON

/// `use`: the reusable parts. Each is decoded where it is used; what nothing uses is decoded once for its mistakes.
extension DecodingPass {
    func readComponents(_ root: Fields) {
        guard let value = root["use"] else { return }
        let keys = [
            "authentications", "errors", "extensions", "functions", "retries", "secrets", "timeouts", "catalogs",
        ]
        guard let use = fields(value, "use", allowed: keys, at: root.path("use")) else { return }
        components.authentications = table(use, "authentications")
        components.errors = table(use, "errors")
        components.functions = table(use, "functions")
        components.retries = table(use, "retries")
        components.timeouts = table(use, "timeouts")
        components.catalogs = table(use, "catalogs")
        if let value = use["secrets"], let items = array(value, "secrets", at: use.path("secrets")) {
            for (position, item) in items.enumerated() {
                guard case .string(let name) = item else {
                    error(
                        .wrongType, "A secret is declared by its name, not by \(item.kindName).",
                        at: use.path("secrets").appending(position))
                    continue
                }
                components.secrets.append(name)
            }
        }
    }

    private func table(_ use: Fields, _ key: String) -> [String: JSONValue] {
        guard let value = use[key], let fields = fields(value, key, allowed: nil, at: use.path(key)) else { return [:] }
        return Dictionary(uniqueKeysWithValues: fields.object.map { ($0.key, $0.value) })
    }

    /// Gives each function a task, so that calls can be resolved in any order.
    func reserveFunctions() {
        for name in components.functions.keys.sorted() { functionTasks[name] = reserveTask() }
    }

    /// Decodes the functions of the document. A function sees its arguments as its input and no variables of the caller.
    func decodeFunctions() {
        for (name, value) in components.functions.sorted(by: { $0.key < $1.key }) {
            guard let index = functionTasks[name] else { continue }
            decodeFunction(name, value, index, at: JSONPointer(["use", "functions", name]))
        }
    }

    func decodeFunction(_ name: String, _ value: JSONValue, _ index: Int, at path: JSONPointer) {
        let outer = currentFunction
        currentFunction = name
        defer { currentFunction = outer }
        let entry = TaskEntry(name: name, value: value, path: path, index: index)
        task(entry, .none, ExpressionScope(place: .definition), nesting: 1)
    }

    /// A function that calls itself, directly or through others, would never end.
    func checkFunctionCycles() {
        for name in functionCalls.keys.sorted() {
            var reached: Set<String> = []
            var open = Array(functionCalls[name] ?? [])
            while let next = open.popLast() {
                if reached.insert(next).inserted { open += functionCalls[next] ?? [] }
            }
            if reached.contains(name) {
                error(
                    .functionCycle, "The function \(name) calls itself in the end. Break the cycle.",
                    at: JSONPointer(["use", "functions", name]))
            }
        }
    }

    func checkUnusedComponents(_ scope: ExpressionScope) {
        for (name, value) in components.errors.sorted(by: { $0.key < $1.key }) {
            _ = errorTemplate(value, scope, at: JSONPointer(["use", "errors", name]))
        }
        for (name, value) in components.timeouts.sorted(by: { $0.key < $1.key }) {
            _ = timeout(value, scope, at: JSONPointer(["use", "timeouts", name]))
        }
        for (name, value) in components.retries.sorted(by: { $0.key < $1.key }) {
            let path = JSONPointer(["use", "retries", name])
            if !diagnostics.contains(where: { $0.path.tokens.starts(with: path.tokens) }) {
                _ = retryPolicy(value, scope.binding("error"), at: path)
            }
        }
        for (name, value) in components.authentications.sorted(by: { $0.key < $1.key }) {
            _ = authenticationPolicy(
                value, scope.at(.authentication), at: JSONPointer(["use", "authentications", name]))
        }
        for (name, value) in components.catalogs.sorted(by: { $0.key < $1.key }) {
            let path = JSONPointer(["use", "catalogs", name])
            guard let catalog = fields(value, "A catalog", allowed: ["endpoint"], at: path) else { continue }
            if catalog["endpoint"] == nil { missing("endpoint", "A catalog", in: catalog) }
        }
    }
}
