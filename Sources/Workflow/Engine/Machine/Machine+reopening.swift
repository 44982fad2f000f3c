import JSON
import Primitives

/// Going on after an error that nothing caught, or from a task that an operator chose.
extension Machine {
    /// Remembers where an error began, before its way outwards takes the frames apart. `nil`: the run as a whole failed.
    mutating func markFaultPoint(_ activation: Activation?) {
        guard faultPoint == nil, !state.status.isFinal else { return }
        var point = state
        point.failure = activation.map { activation in
            FailedTask(
                reference: activation.node.reference, parent: activation.parent, branch: activation.branch,
                input: activation.rawInput, failedAt: now)
        }
        faultPoint = point
    }

    /// What a run that faulted can go on from. It counts on from everything that was recorded until the end.
    var checkpoint: RunState? {
        guard state.status == .faulted, var point = faultPoint else { return nil }
        point.status = .running
        point.counters = state.counters
        return point
    }

    mutating func reopen(_ reopening: Reopening) {
        let failure = state.failure
        state.failure = nil
        state.counters.journal = max(state.counters.journal, reopening.journalLength)
        setStatus(.running)
        if let failure { excuse(failure) }
        if let reference = reopening.taskReference {
            beginAgain(at: reference, reopening)
        } else {
            carryOver()
            if let failure { tryAgain(failure, reopening) } else { forgive() }
        }
    }

    /// The waits of the state are open again. The shell forgot the listeners when the run ended; people's tasks and other
    /// runs it takes up by itself, timers come with every commit, and a call is found by its key.
    private mutating func carryOver() {
        for wait in state.openWaits.map(\.wait) {
            if case .event = wait.kind { opened.append(wait) }
        }
    }

    /// What had no time left when the run as a whole failed has as much as it needs: somebody wants it to go on.
    private mutating func forgive() {
        for position in state.frames.indices {
            if let deadline = state.frames[position].deadline, deadline <= now { state.frames[position].deadline = nil }
        }
    }

    /// The time in which nothing happened counts against no timeout.
    private mutating func excuse(_ failure: FailedTask) {
        let seconds = Double(now.unixMicroseconds - failure.failedAt.unixMicroseconds) / 1e6
        for position in state.frames.indices {
            state.frames[position].deadline = state.frames[position].deadline?.adding(seconds: seconds)
            state.frames[position].attemptDeadline = state.frames[position].attemptDeadline?.adding(seconds: seconds)
        }
        for position in state.openWaits.indices {
            switch (state.openWaits[position].role, state.openWaits[position].wait.kind) {
            case (.timeout, .timer(let dueAt)), (.attemptTimeout, .timer(let dueAt)):
                state.openWaits[position].wait.kind = .timer(dueAt: dueAt.adding(seconds: seconds))
            default: break
            }
        }
    }

    private mutating func tryAgain(_ failure: FailedTask, _ reopening: Reopening) {
        guard let task = program.taskByReference[failure.reference], let position = position(of: failure.parent) else {
            return endInError(foreign(failure.reference))
        }
        let parent = state.frames[position]
        let input = reopening.input.map { Datum(admitted($0)) } ?? failure.input
        if case .extending(.task) = parent.phase, parent.task == task {
            moves.append(.enterExtended(frame: parent.id, input: input))
        } else {
            moves.append(.enter(task: task, parent: parent.id, branch: failure.branch, input: input))
        }
    }

    private mutating func beginAgain(at reference: String, _ reopening: Reopening) {
        guard let path = program.path(to: reference), let root = state.frames.first, let target = path.last else {
            return endInError(foreign(reference))
        }
        clear(root.id)
        let input = Datum(admitted(reopening.input ?? .null))
        var parent = root.id
        do throws(WorkflowError) {
            for node in path.dropLast() {
                parent = try push(activation(again: node, in: parent, input), .body)
            }
            guard reopening.isTransformed, target.extensions.isEmpty else {
                return moves.append(.enter(task: target.index, parent: parent, branch: 0, input: input))
            }
        } catch {
            return endInError(error)
        }
        beginTransformed(target, in: parent, input)
    }

    /// The task with an input that has its `if`, its schema and its `input.from` behind it.
    private mutating func beginTransformed(_ node: TaskNode, in parent: Int, _ input: Datum) {
        guard step() else { return }
        let activation = activation(again: node, in: parent, input)
        tell(.taskCreated, of: node.reference)
        tell(.taskStarted, of: node.reference)
        var scope = EvaluationScope(frame: parent, activation: activation)
        scope.input = input.value
        do throws(WorkflowError) {
            try execute(activation, scope)
        } catch {
            fault(activation, error)
        }
    }

    private mutating func activation(again node: TaskNode, in parent: Int, _ input: Datum) -> Activation {
        Activation(
            node: node, parent: parent, branch: 0, entry: countEntry(node), attempt: 1, startedAt: now,
            rawInput: input, input: input)
    }

    private func foreign(_ reference: String) -> WorkflowError {
        WorkflowError(
            .configuration, detail: "The run cannot go on from \(reference): the definition has no such place.",
            instance: reference)
    }
}

extension Program {
    /// The task with those around it, outermost first, where the way to it leads through nothing but lists of tasks (`do`):
    /// a turn of a loop, a branch, or a handler cannot be begun in the middle. `nil` otherwise.
    func path(to reference: String) -> [TaskNode]? {
        guard let index = taskByReference[reference] else { return nil }
        let around = tasks.filter { reference.hasPrefix($0.reference + "/") }
            .sorted { $0.reference.utf8.count < $1.reference.utf8.count }
        let path = around + [tasks[index]]
        var place = ""
        for node in path {
            let steps = node.reference.dropFirst(place.utf8.count).split(separator: "/")
            guard node.reference.hasPrefix(place + "/do/"), steps.count == 3 else { return nil }
            place = node.reference
        }
        let isPlain = around.allSatisfy { node in
            if case .sequence = node.body { node.extensions.isEmpty } else { false }
        }
        return isPlain ? path : nil
    }
}

extension Definition {
    /// Whether a run can be begun again at the task.
    package func canBegin(at reference: String) -> Bool { program.path(to: reference) != nil }

    /// The task references at which a run can be begun again, in the order of the definition.
    package var placesToBegin: [String] {
        program.tasks.map(\.reference).filter { program.path(to: $0) != nil }
    }
}
