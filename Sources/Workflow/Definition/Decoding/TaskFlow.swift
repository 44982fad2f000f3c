import JSON

/// Where a task can lead, for finding tasks that nothing leads to.
struct TaskFlow {
    var isConditional: Bool
    var then: FlowTarget
    var next: Int?
    var isUnknown = false
    private var extra: [FlowTarget] = []
    private var continues = true

    init(isConditional: Bool, then: FlowTarget, next: Int?) {
        self.isConditional = isConditional
        self.then = then
        self.next = next
    }

    mutating func read(_ body: TaskBody) {
        switch body {
        case .select(let cases):
            extra = cases.map(\.then)
            // With a default case the task's own directive is never followed.
            continues = !cases.contains { $0.condition == nil }
        case .raise: continues = false
        case .attempt(let attempt): extra = attempt.then.map { [$0] } ?? []
        default: break
        }
    }

    var successors: [Int] {
        var targets = extra
        if continues { targets.append(then) }
        // A task whose `if` does not hold is stepped over.
        if isConditional || isUnknown { targets.append(.next) }
        return targets.compactMap { target in
            switch target {
            case .next: next
            case .task(let index): index
            case .exit, .end: nil
            }
        }
    }
}

extension DecodingPass {
    func warnOfUnreachable(_ entries: [TaskEntry], _ flows: [Int: TaskFlow]) {
        guard let first = entries.first else { return }
        var reached: Set<Int> = [first.index]
        var open = [first.index]
        while let index = open.popLast() {
            guard let flow = flows[index] else {
                // A task with mistakes could lead anywhere.
                return
            }
            for successor in flow.successors where reached.insert(successor).inserted { open.append(successor) }
        }
        for entry in entries where !reached.contains(entry.index) {
            warn(
                .unreachableTask, "No task leads to \(entry.name). Remove it, or lead to it with then.", at: entry.path)
        }
    }
}
