/// From where to where a run can go, by the definition alone: what is entered and left, as the nodes of a graph. Conditions
/// are taken for possible, so that no way is missing.
struct TaskWays: Sendable {
    let start = 0
    private var next: [[Int]]

    func entry(of task: Int) -> Int { 1 + 2 * task }
    func exit(of task: Int) -> Int { 2 + 2 * task }

    init(_ program: Program) {
        next = Array(repeating: [], count: 1 + 2 * program.tasks.count)
        let owners = Self.owners(program)
        if let first = program.first { next[start].append(entry(of: first)) }
        for node in program.tasks {
            next[entry(of: node.index)].append(exit(of: node.index))
            for first in node.listsInside { next[entry(of: node.index)].append(entry(of: first)) }
            let around = owners[node.index].map(exit(of:))
            for target in node.targets {
                switch target {
                case .next: next[exit(of: node.index)] += node.next.map { [entry(of: $0)] } ?? around
                case .exit: next[exit(of: node.index)] += around
                case .end: break
                case .task(let task): next[exit(of: node.index)].append(entry(of: task))
                }
            }
        }
    }

    func reached(from start: Int, avoiding avoided: Int?) -> Set<Int> {
        var reached: Set<Int> = [start]
        var open = [start]
        while let node = open.popLast() {
            for node in next[node] where node != avoided && reached.insert(node).inserted { open.append(node) }
        }
        return reached
    }

    /// The tasks in whose lists each task stands; a function's task stands in all that call it.
    private static func owners(_ program: Program) -> [[Int]] {
        var owners: [[Int]] = Array(repeating: [], count: program.tasks.count)
        for owner in program.tasks {
            for first in owner.listsInside {
                var place: Int? = first
                while let task = place {
                    owners[task].append(owner.index)
                    place = program.tasks[task].next
                }
            }
        }
        return owners
    }
}

extension TaskNode {
    /// The first tasks of everything that runs inside it.
    fileprivate var listsInside: [Int] {
        var lists = extensions.flatMap { [$0.before, $0.after] }.compactMap { $0 }
        switch body {
        case .sequence(let first): lists += [first].compactMap { $0 }
        case .loop(let loop): lists += [loop.first].compactMap { $0 }
        case .attempt(let attempt): lists += [attempt.first, attempt.handler].compactMap { $0 }
        case .listen(let plan): lists += [plan.foreach?.first].compactMap { $0 }
        case .invoke(let task, _): lists.append(task)
        case .fork(let branches, _): lists += branches
        default: break
        }
        return lists
    }

    /// Where it can lead when it is done, or stepped over because its `if` does not hold: then `then` is not followed.
    fileprivate var targets: [FlowTarget] {
        let over: [FlowTarget] = condition == nil ? [] : [.next]
        switch body {
        case .select(let cases): return cases.map(\.then) + [then] + over
        case .attempt(let attempt): return [then] + [attempt.then].compactMap { $0 } + over
        default: return [then] + over
        }
    }
}
