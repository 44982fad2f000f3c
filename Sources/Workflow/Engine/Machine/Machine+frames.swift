import JSON
import Primitives

/// The tree of open tasks.
extension Machine {
    /// Frames are few and new ones are asked for most, so the search runs from the end.
    func position(of frame: Int) -> Int? { state.frames.lastIndex { $0.id == frame } }

    /// Makes the running task an open one.
    mutating func push(
        _ activation: Activation, _ phase: Frame.Phase, isTimed: Bool = true
    ) throws(WorkflowError) -> Int {
        guard state.frames.count < engine.limits.frames else {
            throw WorkflowError(.runtime, detail: "More than \(engine.limits.frames) tasks are open at once.")
        }
        var deadline: Timestamp?
        if isTimed, let timeout = activation.node.timeout {
            let scope = scope(of: activation)
            deadline = now.adding(seconds: try seconds(timeout, on: activation.input.value, scope))
        }
        state.counters.frames += 1
        let node = activation.node
        state.frames.append(
            Frame(
                id: state.counters.frames, parent: activation.parent, task: node.index, reference: node.reference,
                branch: activation.branch, entry: activation.entry, attempt: activation.attempt,
                startedAt: activation.startedAt, input: activation.input,
                rawInput: node.keepsRawInput ? activation.rawInput : nil, deadline: deadline, phase: phase))
        return state.counters.frames
    }

    /// The task of a frame, to go on with it.
    func activation(of frame: Frame) -> Activation {
        Activation(
            node: program.tasks[frame.task], parent: frame.parent, branch: frame.branch, entry: frame.entry,
            attempt: frame.attempt, startedAt: frame.startedAt, rawInput: frame.rawInput ?? frame.input,
            input: frame.input)
    }

    /// Closes a frame with everything open inside it and takes it out of the tree.
    mutating func remove(_ frame: Int) { remove(frame, isIncluded: true) }

    /// Closes everything open inside a frame.
    mutating func clear(_ frame: Int) { remove(frame, isIncluded: false) }

    private mutating func remove(_ frame: Int, isIncluded: Bool) {
        // A parent stands before its children, so one pass finds all descendants.
        var inside: Set<Int> = [frame]
        for candidate in state.frames where inside.contains(candidate.parent) { inside.insert(candidate.id) }
        // A move names the frame it goes into: inside a cleared frame there is nothing left to do.
        moves.removeAll { inside.contains($0.frame) }
        if !isIncluded { inside.remove(frame) }
        guard !inside.isEmpty else { return }
        tellCancelled(state.frames.filter { $0.id != frame && inside.contains($0.id) })
        close { inside.contains($0.frame) }
        state.frames.removeAll { inside.contains($0.id) }
    }

    /// Which attempt of the nearest `try` runs in this frame.
    func attempt(in frame: Int) -> Int {
        guard let position = position(of: frame) else { return 1 }
        if case .trying(let attempt, _) = state.frames[position].phase { return attempt }
        return state.frames[position].attempt
    }

    func scope(of activation: Activation) -> EvaluationScope {
        EvaluationScope(frame: activation.parent, activation: activation, input: activation.input.value)
    }

    /// How many times the task was entered, counted only for tasks whose waits need a name of their own.
    mutating func countEntry(_ node: TaskNode) -> Int {
        guard node.opensWaits else { return 1 }
        state.counters.entries[node.reference, default: 0] += 1
        return state.counters.entries[node.reference] ?? 1
    }
}

extension TaskNode {
    var opensWaits: Bool {
        switch body {
        case .wait, .listen, .call, .humanTask, .serviceLevel, .runWorkflow, .attempt: true
        default: timeout != nil
        }
    }
}
