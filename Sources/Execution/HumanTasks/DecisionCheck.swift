import JSON
import Primitives
import Workflow

/// What somebody decides, checked against what the task asks for. Collects every mistake.
enum DecisionCheck {
    static let maximumReasonCharacters = 10_000

    /// The form's values with the schema's defaults.
    /// - Throws: `.invalidRequest` with every mistake in outcome, reason and form.
    static func check(_ outcome: String, _ reason: String?, _ data: JSONValue?, _ task: HumanTask)
        throws(Problem) -> JSONValue?
    {
        var items: [Problem.Item] = []
        if let chosen = task.outcomes.first(where: { $0.name == outcome }) {
            if chosen.requiresReason, reason?.contains(where: { !$0.isWhitespace }) != true {
                items.append(.init(path: "/reason", message: "Give a reason: this outcome needs one."))
            }
        } else {
            let names = task.outcomes.map(\.name).joined(separator: ", ")
            items.append(.init(path: "/outcome", message: "Must be one of: \(names)."))
        }
        if let reason, reason.unicodeScalars.count > maximumReasonCharacters || reason.unicodeScalars.contains("\0") {
            items.append(
                .init(path: "/reason", message: "Must have at most \(maximumReasonCharacters) characters."))
        }
        let filled = fill(task.form(for: outcome), with: data, &items)
        guard items.isEmpty else { throw Problem(.invalidRequest, "The decision is incomplete.", items: items) }
        return filled
    }

    private static func fill(_ form: JSONValue?, with data: JSONValue?, _ items: inout [Problem.Item]) -> JSONValue? {
        guard let form else {
            if let data, !data.isNull, data.objectValue?.isEmpty != true {
                items.append(.init(path: "/data", message: "This task has no form. Leave it out."))
            }
            return nil
        }
        if let data, data.depth(within: EventLimits.maximumDataDepth) == nil {
            items.append(.init(path: "/data", message: "Is nested too deep."))
            return nil
        }
        guard let schema = try? JSONSchema(form) else {
            items.append(.init(path: "/data", message: "The form of this task cannot be read."))
            return nil
        }
        let filled = schema.applyingDefaults(to: data ?? .object([:]))
        items += schema.validate(filled).map {
            .init(path: "/data" + $0.instancePath.description, message: $0.message)
        }
        return filled
    }
}
