import JSON
import Primitives

/// The beginning and the ends of a run.
extension Machine {
    mutating func beginWorkflow(_ given: Datum) {
        let raw = readEvents(given)
        record(
            JournalEntry(ordinal: 0, kind: .runStarted, startedAt: now, endedAt: now, input: raw.value),
            weight: raw.weight.bytes)
        if program.usesWorkflowArgument { state.input = raw }
        var scope = EvaluationScope(frame: Frame.noParent)
        let input: Datum
        var deadline: Timestamp?
        do throws(WorkflowError) {
            try check(raw, program.input.schema, "input")
            input = try transformed(raw, program.input.transform, scope)
            scope.input = input.value
            if let timeout = program.timeout {
                deadline = now.adding(seconds: try seconds(timeout, on: input.value, scope))
            }
        } catch {
            return endInError(error.at("/input"))
        }
        state.counters.frames = 1
        state.frames = [
            Frame(
                id: 1, parent: Frame.noParent, task: Frame.workflow, reference: "", branch: 0, entry: 1, attempt: 1,
                startedAt: now, input: input, rawInput: nil, deadline: deadline, phase: .body)
        ]
        if let first = program.first {
            moves.append(.enter(task: first, parent: 1, branch: 0, input: input))
        } else {
            moves.append(.leave(frame: 1, branch: 0, output: input, departure: .done))
        }
    }

    /// `schedule.read`: what a workflow that events start sees of them. Anything but events is left as it is, so that such
    /// a workflow can be started by hand, too.
    private func readEvents(_ given: Datum) -> Datum {
        guard let read = engine.definition.schedule?.on?.read, read != .envelope,
            case .array(let items) = given.value, items.allSatisfy({ $0["specversion"] != nil })
        else { return given }
        return Datum(.array(items.map(read.read)))
    }

    /// The last task of the workflow is done.
    mutating func complete(_ raw: Datum) {
        let result: Datum
        do throws(WorkflowError) {
            result = try transformed(raw, program.output.transform, EvaluationScope(frame: Frame.noParent))
            try check(result, program.output.schema, "output")
        } catch {
            return endInError(error.at("/output"))
        }
        output = result.value
        end(.completed)
        tell(.workflowCompleted, details: ["output": result.value])
        record(
            JournalEntry(
                ordinal: 0, kind: .runCompleted, startedAt: state.startedAt, endedAt: now, output: result.value),
            weight: 0)
    }

    /// Ends the run in an error that nothing catches.
    mutating func endInError(_ error: WorkflowError) {
        guard !state.status.isFinal else { return }
        let error = error.at("/")
        self.error = error
        markFaultPoint(nil)
        end(.faulted)
        tell(.workflowFaulted, details: error.asDetail)
        record(
            JournalEntry(
                ordinal: 0, kind: .runFaulted, startedAt: state.startedAt, endedAt: now, error: error), weight: 0)
    }

    mutating func cancelRun(_ reason: String) {
        end(.cancelled)
        tell(.workflowCancelled)
        record(
            JournalEntry(
                ordinal: 0, kind: .runCancelled, startedAt: state.startedAt, endedAt: now,
                detail: ["reason": .string(reason)]), weight: 0)
    }

    private mutating func end(_ status: RunStatus) {
        tellCancelled(state.frames)
        setStatus(status)
        moves = []
        close { _ in true }
        state.frames = []
        state.input = nil
    }
}

extension WorkflowError {
    /// With a place, unless it has one.
    func at(_ instance: String) -> WorkflowError {
        var error = self
        if error.instance == nil { error.instance = instance }
        return error
    }
}
