/// Workflows that start each other in a circle: none of their runs would ever end.
package enum ChildWorkflowCycles {
    /// A workflow by its document's name, and the workflows that its `run: workflow` tasks start.
    package struct Workflow: Sendable, Hashable {
        package var namespace: String
        package var name: String
        package var children: [WorkflowReference]

        package init(namespace: String, name: String, children: [WorkflowReference]) {
            self.namespace = namespace
            self.name = name
            self.children = children
        }

        package init(_ definition: Definition) {
            self.init(
                namespace: definition.header.namespace, name: definition.header.name,
                children: definition.childWorkflows)
        }

        /// As circles name it.
        package var qualifiedName: String { "\(namespace)/\(name)" }
    }

    /// The way round, back to where it begins: `tests/a → tests/b → tests/a`.
    package static func way(round circle: [String]) -> String {
        (circle + circle.prefix(1)).joined(separator: " → ")
    }

    /// Each circle once, as the names of its workflows in the order in which they start each other, beginning with the
    /// one that was given first: `["tests/a", "tests/b"]`. Versions are not told apart: a workflow that starts another
    /// version of itself is a circle as soon as that is upgraded. Workflows that are not given lead nowhere.
    package static func find(in workflows: [Workflow]) -> [[String]] {
        var children: [String: [String]] = [:]
        for workflow in workflows {
            children[workflow.qualifiedName, default: []] += workflow.children.map { "\($0.namespace)/\($0.name)" }
        }
        var cycles: [[String]] = []
        var inCycle: Set<String> = []
        for workflow in workflows where !inCycle.contains(workflow.qualifiedName) {
            guard let path = path(from: workflow.qualifiedName, backTo: workflow.qualifiedName, children) else {
                continue
            }
            cycles.append(path)
            inCycle.formUnion(path)
        }
        return cycles
    }

    /// The shortest way back, without its end.
    private static func path(
        from start: String, backTo goal: String, _ children: [String: [String]]
    ) -> [String]? {
        var cameFrom: [String: String] = [:]
        var open = [start][...]
        while let current = open.popFirst() {
            for next in children[current] ?? [] {
                if next == goal { return way(to: current, cameFrom, from: start) }
                guard next != start, cameFrom[next] == nil else { continue }
                cameFrom[next] = current
                open.append(next)
            }
        }
        return nil
    }

    private static func way(to end: String, _ cameFrom: [String: String], from start: String) -> [String] {
        var way = [end]
        while let last = way.last, last != start, let previous = cameFrom[last] { way.append(previous) }
        return way.reversed()
    }
}
