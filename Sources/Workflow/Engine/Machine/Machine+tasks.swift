import JSON
import Primitives

/// The life of a task: entered, done, left.
extension Machine {
    mutating func enter(_ index: Int, parent: Int, branch: Int, rawInput: Datum) {
        guard step() else { return }
        let node = program.tasks[index]
        var activation = Activation(
            node: node, parent: parent, branch: branch, entry: 1, attempt: attempt(in: parent), startedAt: now,
            rawInput: rawInput, input: rawInput)
        do throws(WorkflowError) {
            var scope = EvaluationScope(frame: parent, activation: activation)
            if let condition = node.condition, !(try isEntered(condition, activation, scope)) {
                return skip(activation)
            }
            if !node.extensions.isEmpty, try extend(activation, scope) { return }
            try begin(&activation, &scope)
        } catch {
            fault(activation, error)
        }
    }

    /// `if`. A task whose condition fails was created and never starts.
    private mutating func isEntered(
        _ condition: RuntimeExpression, _ activation: Activation, _ scope: EvaluationScope
    ) throws(WorkflowError) -> Bool {
        do throws(WorkflowError) {
            return try holds(condition, on: activation.rawInput.value, scope)
        } catch {
            tell(.taskCreated, of: activation.node.reference)
            throw error
        }
    }

    /// From the raw input to the task's work.
    mutating func begin(_ activation: inout Activation, _ scope: inout EvaluationScope) throws(WorkflowError) {
        let node = activation.node
        activation.entry = countEntry(node)
        tell(.taskCreated, of: node.reference)
        tell(.taskStarted, of: node.reference)
        try check(activation.rawInput, node.input.schema, "input")
        activation.input = try transformed(activation.rawInput, node.input.transform, scope)
        scope.input = activation.input.value
        try execute(activation, scope)
    }

    /// `if` does not hold: the task is stepped over; its own directive is not followed.
    private mutating func skip(_ activation: Activation) {
        record(activation, .taskSkipped)
        proceed(from: activation, .next, output: activation.rawInput)
    }

    mutating func execute(_ activation: Activation, _ scope: EvaluationScope) throws(WorkflowError) {
        let input = activation.input
        switch activation.node.body {
        case .set(let template):
            done(activation, output: try datum(template, on: input.value, scope))
        case .select(let cases): try select(activation, cases, scope)
        case .sequence(let first):
            let frame = try push(activation, .body)
            begin(first, in: frame, input: input)
        case .loop(let loop):
            let items = try datum(loop.items, on: input.value, scope)
            guard case .array = items.value else {
                throw WorkflowError(
                    .expression, detail: "for.in must give a list; it gave \(items.value.kindName).")
            }
            let frame = try push(activation, .iterating(index: 0, items: items))
            iterate(frame, with: input)
        case .attempt(let attempt):
            let frame = try push(activation, .trying(attempt: 1, firstFailedAt: nil))
            begin(attempt.first, in: frame, input: input)
        case .raise(let template): throw try raised(template, activation, scope)
        case .emit(let attributes): try emit(activation, attributes, scope)
        case .fork(let branches, _): try fork(activation, branches)
        case .invoke(let task, let arguments):
            let input = try datum(arguments, on: input.value, scope)
            let frame = try push(activation, .body)
            begin(task, in: frame, input: input)
        case .listen(let plan): try listen(activation, plan, scope)
        case .decide(let arguments, let table): try decide(activation, arguments, table, scope)
        case .wait, .call, .humanTask, .serviceLevel, .runWorkflow: try awaitAnswer(activation, scope)
        }
    }

    /// Begins a list of tasks; an empty list is done at once and gives its input.
    mutating func begin(_ first: Int?, in frame: Int, branch: Int = 0, input: Datum) {
        if let first {
            moves.append(.enter(task: first, parent: frame, branch: branch, input: input))
        } else {
            moves.append(.leave(frame: frame, branch: branch, output: input, departure: .done))
        }
    }

    /// The task's work is done: transforms and records its output, and goes on.
    /// - Parameters:
    ///   - override: where to go instead of the task's own directive.
    ///   - isEnding: a task inside said `end`.
    mutating func done(
        _ activation: Activation, output raw: Datum, then override: FlowTarget? = nil, isEnding: Bool = false,
        detail: JSONValue? = nil
    ) {
        let node = activation.node
        var result = raw
        if !(node.output.isIdentity && node.export.isIdentity) {
            do throws(WorkflowError) {
                result = try transformedOutput(
                    raw, node.output, node.export, scope(of: activation))
            } catch {
                return fault(activation, error)
            }
        }
        record(activation, .taskCompleted, output: result, detail: detail)
        if engine.tellsLifecycle { tell(.taskCompleted, of: node.reference, details: ["output": result.value]) }
        guard !state.status.isFinal else { return }
        proceed(from: activation, isEnding ? .end : override ?? node.then, output: result)
    }

    /// `output.as`, its schema, `export.as`, its schema: in the order of the specification.
    mutating func transformedOutput(
        _ raw: Datum, _ output: DataTransform, _ export: DataTransform, _ outer: EvaluationScope
    ) throws(WorkflowError) -> Datum {
        var scope = outer
        scope.rawOutput = raw.value
        let result = try transformed(raw, output.transform, scope)
        try check(result, output.schema, "output")
        guard !export.isIdentity else { return result }
        scope.output = result.value
        if let transform = export.transform {
            let context = try datum(transform, on: result.value, scope)
            try check(context, export.schema, "context")
            state.context = context.value
        } else {
            try check(Datum(state.context), export.schema, "context")
        }
        return result
    }

    mutating func proceed(from activation: Activation, _ target: FlowTarget, output: Datum) {
        let parent = activation.parent
        let branch = activation.branch
        if isExtended(activation) {
            let departure = Departure.extended(target)
            moves.append(.leave(frame: parent, branch: branch, output: output, departure: departure))
            return
        }
        switch target {
        case .task(let index): moves.append(.enter(task: index, parent: parent, branch: branch, input: output))
        case .next:
            begin(activation.node.next, in: parent, branch: branch, input: output)
        case .exit: moves.append(.leave(frame: parent, branch: branch, output: output, departure: .exit))
        case .end: moves.append(.leave(frame: parent, branch: branch, output: output, departure: .end))
        }
    }

    /// A list of tasks inside the frame is done.
    mutating func leave(_ frame: Int, branch: Int, output: Datum, _ departure: Departure) {
        guard let position = position(of: frame) else { return }
        let current = state.frames[position]
        let isEnding = departure.isEnding
        guard current.task >= 0 else { return complete(output) }
        switch current.phase {
        case .extending(let stage): leaveExtension(position, stage, output: output, departure)
        case .iterating where !isEnding: nextIteration(position, output: output)
        case .forking: leaveFork(position, branch: branch, output: output, isEnding: isEnding)
        case .listening where !isEnding: leaveItem(position, output: output)
        case .catching:
            let directive = program.tasks[current.task].attempt?.then
            finish(frame, output: output, then: directive, isEnding: isEnding)
        default: finish(frame, output: output, isEnding: isEnding)
        }
    }

    /// An open task is done.
    mutating func finish(
        _ frame: Int, output: Datum, then override: FlowTarget? = nil, isEnding: Bool = false,
        detail: JSONValue? = nil
    ) {
        guard let position = position(of: frame) else { return }
        let activation = activation(of: state.frames[position])
        remove(frame)
        done(activation, output: output, then: override, isEnding: isEnding, detail: detail)
    }

    // MARK: - Journal entries of tasks

    func entry(_ activation: Activation, _ kind: JournalEntry.Kind) -> JournalEntry {
        JournalEntry(
            ordinal: 0, kind: kind, taskReference: activation.node.reference,
            taskType: activation.node.kind.rawValue, function: activation.node.function, attempt: activation.attempt,
            startedAt: activation.startedAt, endedAt: now)
    }

    /// Records what became of a task. Values that other entries already have are left out: the input of a task that
    /// only holds others, and an output that is the input itself.
    mutating func record(
        _ activation: Activation, _ kind: JournalEntry.Kind, output: Datum? = nil, error: WorkflowError? = nil,
        detail: JSONValue? = nil
    ) {
        var entry = entry(activation, kind)
        var weight = 0
        if kind != .taskSkipped, !activation.node.kind.isContainer {
            entry.input = activation.input.value
            weight += activation.input.weight.bytes
        }
        if let output, output !== activation.input {
            entry.output = output.value
            weight += output.weight.bytes
        }
        entry.error = error
        entry.detail = detail
        record(entry, weight: weight)
    }
}

extension TaskNode {
    var attempt: Attempt? {
        if case .attempt(let attempt) = body { attempt } else { nil }
    }
}
