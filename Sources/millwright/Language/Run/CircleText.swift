import Workflow

/// Workflows that start each other, as a diagnostic says it.
enum CircleText {
    static func text(_ circle: [String]) -> String {
        let way = ChildWorkflowCycles.way(round: circle)
        return "workflow-cycle: These workflows start each other for ever: \(way). Let one of them end instead."
    }
}
