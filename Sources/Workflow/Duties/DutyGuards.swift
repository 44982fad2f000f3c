import JSON

/// The tasks of a definition that ask particular people, or a signature, before the run goes on, and what stands behind
/// them. Whoever takes a run to another place by hand must not lead it round one.
///
/// Pure. It looks at every way that the definition could take, conditions left aside: where it errs, it sees a guard too many.
package struct DutyGuards: Sendable {
    package struct Guard: Sendable, Hashable {
        /// JSON pointer of the task, `/do/1/approve`.
        package var reference: String
        package var name: String
        /// A child workflow that asks, and is waited for.
        package var isChild: Bool
    }

    /// In the order of the definition.
    package let guards: [Guard]
    private let program: Program
    private let ways: TaskWays

    /// - Parameter guardedWorkflows: `namespace/name` of the workflows whose runs ask people who are kept apart.
    package init(_ definition: Definition, guardedWorkflows: Set<String> = []) {
        program = definition.program
        ways = TaskWays(definition.program)
        guards = definition.program.tasks.compactMap { node in
            if case .runWorkflow(let plan) = node.body {
                guard plan.isAwaited, guardedWorkflows.contains(plan.reference.qualifiedName) else { return nil }
                return Guard(reference: node.reference, name: node.name, isChild: true)
            }
            return node.keepsDutiesApart ? Guard(reference: node.reference, name: node.name, isChild: false) : nil
        }
    }

    /// The guards that a run can meet before it comes to the task: those it reaches without the task, and after which it can
    /// come to it.
    package func before(_ reference: String) -> [Guard] {
        guard let task = program.taskByReference[reference], !guards.isEmpty else { return [] }
        let reached = ways.reached(from: ways.start, avoiding: ways.entry(of: task))
        return guards.filter { guarding in
            guard let index = program.taskByReference[guarding.reference],
                reached.contains(ways.entry(of: index))
            else { return false }
            return ways.reached(from: ways.exit(of: index), avoiding: nil).contains(ways.entry(of: task))
        }
    }
}

extension WorkflowReference {
    package var qualifiedName: String { "\(namespace)/\(name)" }
}

extension Definition {
    /// Whether it has such a task itself; its child workflows left aside.
    package var keepsDutiesApart: Bool { program.tasks.contains(where: \.keepsDutiesApart) }

    /// `namespace/name` of the workflows that it starts and waits for.
    package var awaitedWorkflows: Set<String> {
        Set(
            program.tasks.compactMap { node in
                guard case .runWorkflow(let plan) = node.body, plan.isAwaited else { return nil }
                return plan.reference.qualifiedName
            })
    }
}

extension TaskNode {
    /// Arguments of a human task that say whose decision it takes.
    static let dutyArguments = ["fourEyes", "excludeInitiator", "separateFrom", "signature"]

    var keepsDutiesApart: Bool {
        guard case .humanTask(let arguments) = body else { return false }
        return Self.dutyArguments.contains(where: arguments.mayAsk)
    }
}

extension ValueTemplate {
    /// Whether the argument is given and does not say no. What an expression gives is not known before.
    func mayAsk(for argument: String) -> Bool {
        switch self {
        case .constant(let value):
            guard let value = value[argument], !value.isNull else { return false }
            return value.boolValue ?? (value.arrayValue?.isEmpty != true)
        case .object(let members):
            guard let value = members.first(where: { $0.key == argument })?.value else { return false }
            guard case .constant(let constant) = value else { return true }
            return ValueTemplate.constant([argument: constant]).mayAsk(for: argument)
        case .expression, .array, .uriTemplate: return true
        }
    }
}

extension TaskNode {
    /// What the document says of duties, to be compared with another version's.
    var dutySource: [JSONValue?] {
        let arguments = definition["with"]
        return arguments?.objectValue == nil ? [arguments] : Self.dutyArguments.map { arguments?[$0] }
    }
}
