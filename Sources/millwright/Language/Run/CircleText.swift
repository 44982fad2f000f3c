import Workflow

/// Workflows that start each other, as a diagnostic says it.
enum CircleText {
    static func text(_ circle: [String]) -> String {
        let way = (circle + circle.prefix(1)).joined(separator: " → ")
        return "workflow-cycle: These workflows start each other for ever: \(way). Let one of them end instead."
    }
}

extension Definition {
    /// As circles name it.
    var qualifiedName: String { "\(header.namespace)/\(header.name)" }
}
