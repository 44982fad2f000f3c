import Primitives

/// What a page says when what its form sent was not recorded: a list above it, and a sentence at each field.
enum FormProblem {
    /// Above the form, on every page that has one.
    static let card = """
        {{#problem}}<div class="card error" role="alert"><h2>{{heading}}</h2>
        {{#explanation}}<p>{{.}}</p>{{/explanation}}
        {{#hasMistakes}}<ul>{{#mistakes}}<li>{{#target}}<a href="#{{.}}">{{message}}</a>{{/target}}{{^target}}{{message}}{{/target}}</li>{{/mistakes}}</ul>{{/hasMistakes}}</div>{{/problem}}
        """

    /// - Parameter fields: names of the form's fields; a mistake in one is `/` and its name.
    static func context(_ problem: Problem, of fields: [String]) -> [String: Any] {
        let mistakes = problem.items.map { item -> [String: Any] in
            let name = String(item.path.dropFirst())
            return fields.contains(name) ? ["message": item.message, "target": name] : ["message": item.message]
        }
        var summary: [String: Any] = [
            "heading": "Nothing was recorded", "mistakes": mistakes, "hasMistakes": !mistakes.isEmpty,
        ]
        if mistakes.isEmpty { summary["explanation"] = problem.detail }
        var context: [String: Any] = ["problem": summary]
        for name in fields {
            context[name + "Mistakes"] = problem.items.filter { $0.path == "/" + name }.map(\.message)
        }
        return context
    }
}
