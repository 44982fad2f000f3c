import JSON
import Primitives

/// One advance of one run: takes inputs, works off moves until everything waits, and collects what was decided.
struct Machine {
    let engine: Engine
    let program: Program
    var state: RunState
    /// The moment of the input that is being taken.
    var now: Timestamp
    var moves: [Move] = []
    var journal: [JournalEntry] = []
    var emitted: [JSONValue] = []
    var lifecycle: [JSONValue] = []
    var output: JSONValue?
    var error: WorkflowError?
    /// `$workflow`, made when it is first asked for.
    var workflowArgument: JSONValue?

    /// Where the error that is on its way outwards began; kept until something catches it.
    var faultPoint: RunState?
    var opened: [Wait] = []
    private var closed: [String] = []
    private let openAtStart: Set<String>
    private var steps = 0
    private var journalBytes = 0

    init(engine: Engine, startedAt: Timestamp) {
        let context: JSONValue = ["parameters": engine.facts.parameters]
        let state = RunState(
            status: .pending, startedAt: startedAt, context: context, input: nil, frames: [], openWaits: [],
            counters: RunState.Counters())
        self.init(engine: engine, state: state)
    }

    init(engine: Engine, state: RunState) {
        self.engine = engine
        program = engine.definition.program
        self.state = state
        now = state.startedAt
        openAtStart = Set(state.openWaits.map(\.wait.id))
        resolveFrames()
    }

    /// Finds the tasks of a stored state's frames. A state of another definition faults the run.
    private mutating func resolveFrames() {
        for position in state.frames.indices where state.frames[position].task == Frame.unresolved {
            guard let task = program.taskByReference[state.frames[position].reference] else {
                let reference = state.frames[position].reference
                endInError(
                    WorkflowError(
                        .configuration,
                        detail: "The definition has no task \(reference): the run's state "
                            + "belongs to another version of it.", instance: reference))
                return
            }
            state.frames[position].task = task
        }
    }

    // MARK: - Inputs

    mutating func take(_ input: EngineInput) {
        if case .start(let value) = input.kind, state.status == .pending { return begin(input: value, at: input.at) }
        guard !state.status.isFinal else { return }
        beginInput(at: input.at)
        switch input.kind {
        case .start: return
        case .reopen(let reopening): reopen(reopening)
        case .succeeded(let id, let result, let by): answer(id, .success(admitted(result)), by: by)
        case .failed(let id, let error): answer(id, .failure(admitted(error)), by: nil)
        case .cancel(let reason): cancelRun(reason)
        }
        workOff()
    }

    mutating func begin(input: JSONValue, at moment: Timestamp) {
        state.startedAt = moment
        beginInput(at: moment)
        tell(.workflowStarted, details: engine.tellsLifecycle ? ["definition": definitionReference] : [:])
        setStatus(.running)
        beginWorkflow(Datum(admitted(input)))
        workOff()
    }

    /// Time does not run backwards in a journal, even when the clocks of those who answer do.
    private mutating func beginInput(at moment: Timestamp) {
        now = max(moment, state.startedAt)
        steps = 0
        journalBytes = 0
    }

    private mutating func workOff() {
        while !state.status.isFinal, let move = moves.popLast() {
            switch move {
            case .enter(let task, let parent, let branch, let input):
                enter(task, parent: parent, branch: branch, rawInput: input)
            case .enterExtended(let frame, let input): enterExtended(frame, rawInput: input)
            case .leave(let frame, let branch, let output, let departure):
                leave(frame, branch: branch, output: output, departure)
            case .fault(let error, let frame, let branch): propagate(error, into: frame, branch: branch)
            }
        }
        guard !state.status.isFinal else { return }
        openTimers()
        settleStatus()
    }

    private mutating func settleStatus() {
        guard !state.openWaits.isEmpty else {
            return endInError(
                WorkflowError(.runtime, detail: "The run waits for nothing and is not at its end.", instance: nil))
        }
        let computes = state.openWaits.contains { if case .call = $0.wait.kind { true } else { false } }
        setStatus(computes ? .running : .waiting)
    }

    /// Counts one unit of work. A run that does not block is ended here.
    mutating func step() -> Bool {
        steps += 1
        if steps <= engine.limits.stepsPerInput { return true }
        endInError(
            WorkflowError(
                .runtime,
                detail: "The run took \(engine.limits.stepsPerInput) steps without waiting for anything. "
                    + "Look for a loop that does not end."))
        return false
    }

    // MARK: - Waits and the journal

    mutating func open(_ wait: OpenWait, of node: TaskNode?, arguments: JSONValue? = nil, detail: JSONObject = [:]) {
        guard !state.status.isFinal else { return }
        state.openWaits.append(wait)
        opened.append(wait.wait)
        var detail = detail
        detail["wait"] = .string(wait.wait.id)
        detail["kind"] = .string(wait.wait.kind.name)
        record(
            JournalEntry(
                ordinal: 0, kind: .waitOpened, taskReference: node?.reference, taskType: node?.kind.rawValue,
                function: node?.function, attempt: wait.wait.attempt, startedAt: now, endedAt: now, input: arguments,
                detail: .object(detail)),
            weight: 0)
    }

    mutating func close(where isObsolete: (OpenWait) -> Bool) {
        for wait in state.openWaits where isObsolete(wait) { closed.append(wait.wait.id) }
        state.openWaits.removeAll(where: isObsolete)
    }

    /// Takes an answered wait out of the state; it is not given up, so it is not among the closed ones.
    mutating func removeAnswered(_ id: String) { state.openWaits.removeAll { $0.wait.id == id } }

    /// Numbers the entry and keeps it. `weight` is what its values cost.
    mutating func record(_ entry: JournalEntry, weight: Int) {
        state.counters.journal += 1
        var entry = entry
        entry.ordinal = state.counters.journal
        journal.append(entry)
        journalBytes += weight
        if journalBytes > engine.limits.journalBytesPerInput, !state.status.isFinal {
            endInError(
                WorkflowError(
                    .runtime,
                    detail: "The run wrote more than \(engine.limits.journalBytesPerInput) bytes of data "
                        + "without waiting for anything. Pass less data from task to task."))
        }
    }

    mutating func finish() -> Advance {
        let open = Set(state.openWaits.map(\.wait.id))
        var advance = Advance(
            state: state, status: state.status, output: output, error: error,
            opened: opened.filter { open.contains($0.id) },
            closed: closed.filter { openAtStart.contains($0) && !open.contains($0) }, emitted: emitted,
            journal: journal, lifecycle: lifecycle, checkpoint: checkpoint)
        if !state.secretNonce.isEmpty { show(&advance) }
        return advance
    }
}
