import JSON
import Primitives

/// Errors: where they go, what catches them, and when something is tried again.
extension Machine {
    /// A task that was not opened, or whose frame is gone, ends in an error.
    mutating func fault(_ activation: Activation, _ error: WorkflowError) {
        markFaultPoint(activation)
        let error = error.at(activation.node.reference)
        record(activation, .taskFaulted, error: error)
        tell(.taskFaulted, of: activation.node.reference, details: error.asDetail)
        guard !state.status.isFinal else { return }
        moves.append(.fault(error, frame: activation.parent, branch: activation.branch))
    }

    /// An open task ends in an error.
    mutating func fault(_ frame: Int, _ error: WorkflowError) {
        guard let position = position(of: frame) else { return }
        guard state.frames[position].task >= 0 else { return endInError(error.at("/")) }
        let activation = activation(of: state.frames[position])
        remove(frame)
        fault(activation, error)
    }

    /// An error of a task inside the frame: caught here, or passed on outwards.
    mutating func propagate(_ error: WorkflowError, into frame: Int, branch: Int) {
        guard let position = position(of: frame) else { return }
        let current = state.frames[position]
        guard current.task >= 0 else { return endInError(error) }
        switch (current.phase, program.tasks[current.task].body) {
        case (.trying(let attempt, let firstFailedAt), .attempt(let plan)):
            clear(frame)
            close { $0.frame == frame && $0.role == .attemptTimeout }
            catchError(error, position, plan, attempt: attempt, firstFailedAt: firstFailedAt ?? now)
        case (.forking(let outputs, let lost), .fork(_, competes: true)) where lost + 1 < outputs.count:
            // A branch that fails has lost the race; the others run on.
            faultPoint = nil
            state.frames[position].phase = .forking(outputs: outputs, lost: lost + 1)
        case (.extending(.task), _):
            // The extended task has recorded its error itself.
            remove(frame)
            moves.append(.fault(error, frame: current.parent, branch: current.branch))
        default: fault(frame, error)
        }
    }

    private mutating func catchError(
        _ error: WorkflowError, _ position: Int, _ plan: Attempt, attempt: Int, firstFailedAt: Timestamp
    ) {
        let frame = state.frames[position]
        let activation = activation(of: frame)
        var scope = scope(of: activation)
        scope.bound = (plan.variable, error.json)
        do throws(WorkflowError) {
            guard plan.filter.matches(error), try applies(plan.when, plan.exceptWhen, activation, scope) else {
                return fault(frame.id, error)
            }
            if let retry = plan.retry,
                let pause = try pause(retry, activation, scope, attempt: attempt, firstFailedAt: firstFailedAt)
            {
                return self.retry(
                    frame.id, error, after: pause, attempt: attempt, firstFailedAt: firstFailedAt)
            }
            // A clause that only retries does not swallow the error in the end.
            if plan.retry != nil, !plan.hasHandler, plan.then == nil { return fault(frame.id, error) }
        } catch {
            return fault(frame.id, error)
        }
        faultPoint = nil
        state.frames[position].attemptDeadline = nil
        state.frames[position].phase = .catching(error: error)
        begin(plan.handler, in: frame.id, input: frame.input)
    }

    private func applies(
        _ when: RuntimeExpression?, _ exceptWhen: RuntimeExpression?, _ activation: Activation,
        _ scope: EvaluationScope
    ) throws(WorkflowError) -> Bool {
        let input = activation.input.value
        if let when, !(try holds(when, on: input, scope)) { return false }
        if let exceptWhen, try holds(exceptWhen, on: input, scope) { return false }
        return true
    }

    /// Seconds until the next attempt; `nil` when there is none.
    private func pause(
        _ policy: RetryPolicy, _ activation: Activation, _ scope: EvaluationScope, attempt: Int,
        firstFailedAt: Timestamp
    ) throws(WorkflowError) -> Double? {
        let input = activation.input.value
        guard attempt <= policy.retries ?? .max, attempt < engine.limits.attempts,
            try applies(policy.when, policy.exceptWhen, activation, scope)
        else { return nil }
        let delay = try policy.delay.map { delay throws(WorkflowError) in try seconds(delay, on: input, scope) } ?? 0
        var pause: Double =
            switch policy.backoff {
            case .constant: delay
            case .linear: delay * Double(attempt)
            case .exponential: delay * powerOfTwo(attempt - 1)
            }
        if let jitter = policy.jitter {
            let from = try seconds(jitter.from, on: input, scope)
            let to = try seconds(jitter.to, on: input, scope)
            let place = "\(engine.facts.runID)\(activation.node.reference)#\(activation.entry)/\(attempt)"
            pause += from + max(0, to - from) * Jitter.fraction(of: place)
        }
        pause = min(pause, ISODuration.maximumSeconds)
        if let total = policy.totalDuration {
            let limit = firstFailedAt.adding(seconds: try seconds(total, on: input, scope))
            if now.adding(seconds: pause) > limit { return nil }
        }
        return pause
    }

    private func powerOfTwo(_ exponent: Int) -> Double { exponent < 62 ? Double(1 << exponent) : Double(1 << 62) }

    private mutating func retry(
        _ frame: Int, _ error: WorkflowError, after pause: Double, attempt: Int, firstFailedAt: Timestamp
    ) {
        guard let position = position(of: frame) else { return }
        faultPoint = nil
        let activation = activation(of: state.frames[position])
        var entry = entry(activation, .taskRetried)
        entry.error = error
        entry.detail = ["attempt": JSONValue(attempt + 1), "afterSeconds": JSONValue(pause)]
        record(entry, weight: 0)
        tell(.taskRetried, of: activation.node.reference)
        guard !state.status.isFinal else { return }
        state.frames[position].attemptDeadline = nil
        state.frames[position].phase = .pausing(attempt: attempt, firstFailedAt: firstFailedAt)
        guard pause > 0 else { return tryAgain(frame) }
        let dueAt = now.adding(seconds: pause)
        let wait = Wait(
            id: "\(activation.node.reference)#\(activation.entry)/retry/\(attempt)",
            taskReference: activation.node.reference, attempt: attempt, openedAt: now, kind: .timer(dueAt: dueAt))
        open(
            OpenWait(wait: wait, frame: frame, role: .retry), of: activation.node,
            detail: ["dueAt": .string(dueAt.description)])
    }

    /// The pause is over: the tasks of `try` begin again with the task's input.
    mutating func tryAgain(_ frame: Int) {
        guard step(), let position = position(of: frame),
            case .pausing(let attempt, let firstFailedAt) = state.frames[position].phase,
            let plan = program.tasks[state.frames[position].task].attempt
        else { return }
        state.frames[position].phase = .trying(attempt: attempt + 1, firstFailedAt: firstFailedAt)
        if let limit = plan.retry?.attemptDuration {
            let activation = activation(of: state.frames[position])
            do throws(WorkflowError) {
                let limit = try seconds(limit, on: activation.input.value, scope(of: activation))
                state.frames[position].attemptDeadline = now.adding(seconds: limit)
            } catch {
                return fault(frame, error)
            }
        }
        begin(plan.first, in: frame, input: state.frames[position].input)
    }
}

/// Chance without randomness: the same place in the same run always gives the same fraction.
enum Jitter {
    /// In 0..<1, evenly spread (FNV-1a, finished with a 64-bit mix).
    static func fraction(of place: String) -> Double {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in place.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        hash ^= hash >> 33
        hash &*= 0xFF51_AFD7_ED55_8CCD
        hash ^= hash >> 33
        return Double(hash >> 11) / Double(1 << 53)
    }
}
