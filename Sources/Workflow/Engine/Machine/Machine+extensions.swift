import JSON
import Primitives

/// `use.extensions`: tasks before and after other tasks.
extension Machine {
    /// Puts the extensions that apply round the task. False when none does: the task then runs as it is.
    mutating func extend(_ activation: Activation, _ scope: EvaluationScope) throws(WorkflowError) -> Bool {
        // What extensions do is not extended again, also not where they call functions.
        if isInsideExtension(activation.parent) { return false }
        var applies = false
        for plan in activation.node.extensions where try self.applies(plan, activation, scope) { applies = true }
        guard applies else { return false }
        let frame = try push(activation, .extending(.before(0)), isTimed: false)
        if let position = position(of: frame) { beginBefore(position, 0) }
        return true
    }

    private func isInsideExtension(_ frame: Int) -> Bool {
        var id = frame
        while let position = position(of: id) {
            switch state.frames[position].phase {
            case .extending(.before), .extending(.after): return true
            default: id = state.frames[position].parent
            }
        }
        return false
    }

    private func applies(
        _ plan: ExtensionPlan, _ activation: Activation, _ scope: EvaluationScope
    ) throws(WorkflowError) -> Bool {
        guard let condition = plan.when else { return true }
        var scope = scope
        scope.isExtending = true
        return try holds(condition, on: activation.rawInput.value, scope)
    }

    private func applies(_ plan: ExtensionPlan, to frame: Frame) throws(WorkflowError) -> Bool {
        let activation = activation(of: frame)
        return try applies(plan, activation, EvaluationScope(frame: frame.parent, activation: activation))
    }

    /// Whether the task runs inside the frame of its own extensions.
    func isExtended(_ activation: Activation) -> Bool {
        guard !activation.node.extensions.isEmpty, let position = position(of: activation.parent),
            case .extending = state.frames[position].phase
        else { return false }
        return state.frames[position].task == activation.node.index
    }

    private mutating func beginBefore(_ position: Int, _ number: Int) {
        let frame = state.frames[position]
        let plans = program.tasks[frame.task].extensions
        var number = number
        do throws(WorkflowError) {
            while number < plans.count, !(try hasPart(plans[number].before, of: plans[number], frame)) { number += 1 }
        } catch {
            return fault(frame.id, error)
        }
        guard number < plans.count else {
            state.frames[position].phase = .extending(.task)
            moves.append(.enterExtended(frame: frame.id, input: frame.input))
            return
        }
        state.frames[position].phase = .extending(.before(number))
        begin(plans[number].before, in: frame.id, input: frame.input)
    }

    private mutating func beginAfter(_ position: Int, _ number: Int, output: Datum, target: FlowTarget) {
        let frame = state.frames[position]
        let plans = program.tasks[frame.task].extensions
        var number = number
        do throws(WorkflowError) {
            while number < plans.count, !(try hasPart(plans[number].after, of: plans[number], frame)) { number += 1 }
        } catch {
            return fault(frame.id, error)
        }
        guard number < plans.count else {
            let activation = activation(of: frame)
            remove(frame.id)
            return proceed(from: activation, target, output: output)
        }
        state.frames[position].phase = .extending(.after(number, output: output, target: target))
        begin(plans[number].after, in: frame.id, input: output)
    }

    private func hasPart(_ first: Int?, of plan: ExtensionPlan, _ frame: Frame) throws(WorkflowError) -> Bool {
        guard first != nil else { return false }
        return try applies(plan, to: frame)
    }

    /// The task itself, after its extensions' tasks.
    mutating func enterExtended(_ frame: Int, rawInput: Datum) {
        guard step(), let position = position(of: frame) else { return }
        let node = program.tasks[state.frames[position].task]
        var activation = Activation(
            node: node, parent: frame, branch: 0, entry: 1, attempt: attempt(in: frame), startedAt: now,
            rawInput: rawInput, input: rawInput)
        do throws(WorkflowError) {
            var scope = EvaluationScope(frame: frame, activation: activation)
            try begin(&activation, &scope)
        } catch {
            fault(activation, error)
        }
    }

    /// A part of the extensions, or the task itself, is done. What extensions give is dropped, unless they say `exit`:
    /// then it is the task's output, and the task is not run.
    mutating func leaveExtension(
        _ position: Int, _ stage: Frame.ExtensionStage, output: Datum, _ departure: Departure
    ) {
        let frame = state.frames[position]
        switch (stage, departure) {
        case (_, .end):
            let activation = activation(of: frame)
            remove(frame.id)
            proceed(from: activation, .end, output: output)
        case (_, .extended(let target)): beginAfter(position, 0, output: output, target: target)
        case (.before, .exit):
            let activation = activation(of: frame)
            remove(frame.id)
            record(activation, .taskSkipped, detail: ["reason": "an extension took its place"])
            proceed(from: activation, activation.node.then, output: output)
        case (.before(let number), _): beginBefore(position, number + 1)
        case (.after(let number, let output, let target), _):
            beginAfter(position, number + 1, output: output, target: target)
        case (.task, _): beginAfter(position, 0, output: output, target: .next)
        }
    }
}
