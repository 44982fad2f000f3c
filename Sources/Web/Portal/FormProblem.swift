import Primitives

/// What a page says when what its form sent was not recorded: a list above it, and a sentence at each field.
enum FormProblem {
    /// - Parameter fields: names of the form's fields; a mistake in one is `/` and its name.
    static func context(_ problem: Problem, of fields: [String]) -> [String: Any] {
        let mistakes = problem.items.map { item -> [String: Any] in
            let name = String(item.path.dropFirst())
            return fields.contains(name) ? ["message": item.message, "target": name] : ["message": item.message]
        }
        var summary: [String: Any] = ["heading": "Nothing was recorded", "mistakes": mistakes]
        if mistakes.isEmpty { summary["explanation"] = problem.detail }
        var context: [String: Any] = ["problem": summary]
        for name in fields {
            context[name + "Mistakes"] = problem.items.filter { $0.path == "/" + name }.map(\.message)
        }
        return context
    }
}
