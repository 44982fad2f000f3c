package import JSON
package import Primitives

/// Drives one run in virtual time, in memory: what is answered at once is answered at once, timers fire as soon as
/// nothing earlier is left to happen.
///
/// `run` goes as far as the given answers lead. A caller who can perform what has no answer goes step by step:
/// `takeUnperformed`, `answer`, and `step` once nothing is left to perform at this moment.
package struct Simulation: Sendable {
    package let engine: Engine
    package private(set) var report: SimulationReport
    private var answers: SimulatedAnswers
    private var state: RunState?
    private var pending: [Happening] = []
    private var sequence = 0
    /// Opened since the caller last asked, and answered by no stub.
    private var unperformed: [Wait] = []
    /// How many answers each stub gave.
    private var callAnswers: [Int: Int] = [:]
    private var decisionAnswers: [Int: Int] = [:]
    private var filters: [String: CompiledEventFilter] = [:]
    private var clocks: SimulatedClocks
    private var happenings = 0

    /// A simulation with more happenings than this is stopped: a loop over timers has no other end in virtual time.
    private let maximumHappenings: Int

    private struct Happening: Sendable {
        var at: Timestamp
        var order: Int
        var kind: Kind

        enum Kind: Sendable {
            case input(EngineInput.Kind)
            case event(JSONValue)
        }
    }

    package init(
        engine: Engine, answers: SimulatedAnswers, startingAt start: Timestamp, maximumHappenings: Int = 10_000
    ) {
        self.maximumHappenings = maximumHappenings
        self.engine = engine
        self.answers = answers
        clocks = SimulatedClocks(time: answers.time)
        report = SimulationReport(
            status: .pending, journal: [], calls: [], humanTasks: [], emitted: [], inputs: [],
            startedAt: start, endedAt: start, unanswered: [])
    }

    /// Runs a definition to its end, or until nothing more can happen.
    package static func run(
        _ definition: Definition, input: JSONValue, facts: RunFacts, answers: SimulatedAnswers = SimulatedAnswers(),
        startingAt start: Timestamp
    ) -> SimulationReport {
        var simulation = Simulation(
            engine: Engine(definition: definition, facts: facts), answers: answers, startingAt: start)
        simulation.start(input: input)
        simulation.run()
        return simulation.report
    }

    package mutating func start(input: JSONValue, secretNonce: String = "") {
        for event in answers.events { schedule(.event(event.event), afterSeconds: event.afterSeconds) }
        take(engine.start(input: input, at: report.startedAt, secretNonce: secretNonce))
    }

    /// Lets everything happen that is going to happen, in the order of its moments.
    package mutating func run() {
        while step() {}
    }

    /// When the next thing happens; `nil` when nothing is going to.
    package var nextMoment: Timestamp? {
        [nextIndex.map { pending[$0].at }, clocks.next?.at].compactMap(\.self).min()
    }

    /// Lets the next thing happen. False when the run is at its end, or nothing more is going to happen by itself.
    package mutating func step() -> Bool {
        defer { report.unanswered = unanswered }
        guard !report.status.isFinal, nextMoment != nil else { return false }
        guard happenings < maximumHappenings else {
            report.wasStopped = true
            return false
        }
        happenings += 1
        if let clock = clocks.next, clock.at < nextIndex.map({ pending[$0].at }) ?? clock.at.adding(seconds: 1) {
            report.endedAt = max(report.endedAt, clock.at)
            if let event = clocks.sayNext(run: engine.facts.runID.description, workflow: engine.definition.header.name)
            {
                deliver(event)
            }
            return true
        }
        guard let next = nextIndex else { return false }
        let happening = pending.remove(at: next)
        report.endedAt = max(report.endedAt, happening.at)
        switch happening.kind {
        case .input(let kind): advance([EngineInput(at: report.endedAt, kind: kind)])
        case .event(let event): deliver(event)
        }
        return true
    }

    /// Waits that were opened since the last call and that nothing given answers, each once.
    package mutating func takeUnperformed() -> [Wait] {
        defer { unperformed = [] }
        guard let state, !report.status.isFinal else { return [] }
        let open = Set(state.waits.map(\.id))
        return unperformed.filter { open.contains($0.id) }
    }

    /// Lets time pass to a moment at which nothing is scheduled: the caller's clock is ahead.
    package mutating func passTime(to moment: Timestamp) { report.endedAt = max(report.endedAt, moment) }

    /// Whether somebody listens for the event now.
    package mutating func isAwaited(_ event: JSONValue) -> Bool {
        guard let state, !report.status.isFinal else { return false }
        return state.waits.contains { wait in
            guard case .event(let filter) = wait.kind else { return false }
            return compiled(filter, wait.id)?.matches(event) ?? false
        }
    }

    /// Lets an event arrive now.
    package mutating func receive(_ event: JSONValue) { schedule(.event(event), afterSeconds: 0) }

    /// Answers a wait that no stub answered.
    package mutating func answer(_ wait: Wait, with answer: SimulatedAnswer) {
        switch answer.result {
        case .success(let value):
            schedule(
                .input(.succeeded(waitID: wait.id, result: value, by: answer.by)), afterSeconds: answer.afterSeconds)
        case .failure(let error):
            schedule(.input(.failed(waitID: wait.id, error: error)), afterSeconds: answer.afterSeconds)
        }
    }

    private var unanswered: [Wait] {
        guard let state, !report.status.isFinal else { return [] }
        return state.waits
    }

    // MARK: - Advancing

    private mutating func advance(_ inputs: [EngineInput]) {
        guard let state, !inputs.isEmpty else { return }
        report.inputs += inputs
        take(engine.advance(state, inputs))
    }

    private mutating func take(_ advance: Advance) {
        state = advance.state
        report.status = advance.status
        report.output = advance.output ?? report.output
        report.error = advance.error ?? report.error
        report.journal += advance.journal
        report.lifecycle += advance.lifecycle
        for wait in advance.opened { perform(wait) }
        for event in advance.emitted {
            report.emitted.append(event)
            schedule(.event(event), afterSeconds: 0)
        }
    }

    private mutating func deliver(_ event: JSONValue) {
        guard let state else { return }
        var inputs: [EngineInput] = []
        for wait in state.waits {
            guard case .event(let filter) = wait.kind, compiled(filter, wait.id)?.matches(event) ?? false else {
                continue
            }
            inputs.append(
                EngineInput(at: report.endedAt, kind: .succeeded(waitID: wait.id, result: event, by: nil)))
        }
        advance(inputs)
    }

    private mutating func compiled(_ filter: EventFilter, _ waitID: String) -> CompiledEventFilter? {
        let compiled = filters[waitID] ?? (try? CompiledEventFilter(filter))
        filters[waitID] = compiled
        return compiled
    }

    // MARK: - Answering

    private mutating func perform(_ wait: Wait) {
        switch wait.kind {
        case .timer(let dueAt):
            schedule(.input(.succeeded(waitID: wait.id, result: .null, by: nil)), at: dueAt)
        case .call(let call):
            report.calls.append(performed(wait, call.function, call.arguments))
            perform(wait, callAnswer(call))
        case .humanTask(let request):
            report.humanTasks.append(performed(wait, FunctionTable.humanTaskFunction, request.arguments))
            perform(wait, decision(request))
        case .serviceLevel(let arguments):
            answer(wait, with: SimulatedAnswer(clocks.answer(arguments, at: report.endedAt), afterSeconds: 0))
        case .childRun(let request): perform(wait, answers.childRun?(request, report.endedAt))
        case .event: break
        }
    }

    private mutating func perform(_ wait: Wait, _ found: SimulatedAnswer?) {
        if let found { answer(wait, with: found) } else { unperformed.append(wait) }
    }

    private func performed(_ wait: Wait, _ function: String, _ arguments: JSONValue) -> SimulationReport.PerformedCall {
        .init(
            taskReference: wait.taskReference, function: function, arguments: arguments, attempt: wait.attempt,
            at: report.endedAt)
    }

    private mutating func callAnswer(_ call: CallRequest) -> SimulatedAnswer? {
        for (index, stub) in answers.calls.enumerated() {
            guard stub.function == call.function || call.function.hasPrefix(stub.function + ":"),
                stub.arguments.map(call.arguments.contains) ?? true
            else { continue }
            return next(of: stub.answers, &callAnswers[index, default: 0])
        }
        return nil
    }

    /// The stub's decision; without one, a task with a due time that is to expire expires.
    private mutating func decision(_ request: HumanTaskRequest) -> SimulatedAnswer? {
        for (index, stub) in answers.decisions.enumerated()
        where stub.arguments.map(request.arguments.contains) ?? true {
            return next(of: stub.answers, &decisionAnswers[index, default: 0])
        }
        guard
            let expiry = HumanTaskMoments.expiry(of: request.arguments, openedAt: report.endedAt, answers.time)
        else { return nil }
        return SimulatedAnswer(
            .success(["outcome": "expired"]),
            afterSeconds: max(0, expiry.unixSeconds - report.endedAt.unixSeconds))
    }

    private func next(of answers: [SimulatedAnswer], _ given: inout Int) -> SimulatedAnswer? {
        defer { given += 1 }
        return answers.isEmpty ? nil : answers[min(given, answers.count - 1)]
    }

    // MARK: - Virtual time

    private mutating func schedule(_ kind: Happening.Kind, afterSeconds: Double) {
        schedule(kind, at: report.endedAt.adding(seconds: afterSeconds))
    }

    private mutating func schedule(_ kind: Happening.Kind, at moment: Timestamp) {
        sequence += 1
        pending.append(Happening(at: moment, order: sequence, kind: kind))
    }

    /// The earliest happening; of several at one moment, the one that was scheduled first.
    private var nextIndex: Int? {
        pending.indices.min { (pending[$0].at, pending[$0].order) < (pending[$1].at, pending[$1].order) }
    }
}
