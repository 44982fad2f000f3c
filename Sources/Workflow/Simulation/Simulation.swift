package import JSON
package import Primitives

/// Drives one run in virtual time, in memory: what is answered at once is answered at once, timers fire as soon as
/// nothing earlier is left to happen.
///
/// `run` goes as far as the given answers lead. Waits that have none are in `unanswered`; a caller who can perform
/// them answers and runs on.
package struct Simulation: Sendable {
    package let engine: Engine
    package private(set) var report: SimulationReport
    private var answers: SimulatedAnswers
    private var state: RunState?
    private var pending: [Happening] = []
    private var sequence = 0
    /// How many answers each stub gave.
    private var callAnswers: [Int: Int] = [:]
    private var decisionAnswers: [Int: Int] = [:]
    private var filters: [String: CompiledEventFilter] = [:]

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

    package mutating func start(input: JSONValue) {
        for event in answers.events { schedule(.event(event.event), afterSeconds: event.afterSeconds) }
        take(engine.start(input: input, at: report.startedAt))
    }

    /// Lets everything happen that is going to happen, in the order of its moments.
    package mutating func run() {
        var happenings = 0
        while !report.status.isFinal, happenings < maximumHappenings, let next = popNext() {
            happenings += 1
            report.endedAt = max(report.endedAt, next.at)
            switch next.kind {
            case .input(let kind): advance([EngineInput(at: report.endedAt, kind: kind)])
            case .event(let event): deliver(event)
            }
        }
        report.unanswered = unanswered
        report.wasStopped = !report.status.isFinal && happenings == maximumHappenings
    }

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
            guard case .event(let filter) = wait.kind else { continue }
            let compiled = filters[wait.id] ?? (try? CompiledEventFilter(filter))
            filters[wait.id] = compiled
            guard let compiled, compiled.matches(event) else { continue }
            inputs.append(
                EngineInput(at: report.endedAt, kind: .succeeded(waitID: wait.id, result: event, by: nil)))
        }
        advance(inputs)
    }

    // MARK: - Answering

    private mutating func perform(_ wait: Wait) {
        switch wait.kind {
        case .timer(let dueAt):
            schedule(.input(.succeeded(waitID: wait.id, result: .null, by: nil)), at: dueAt)
        case .call(let call):
            report.calls.append(performed(wait, call.function, call.arguments))
            if let found = callAnswer(call) { answer(wait, with: found) }
        case .humanTask(let request):
            report.humanTasks.append(performed(wait, FunctionTable.humanTaskFunction, request.arguments))
            if let found = decision(request) { answer(wait, with: found) }
        case .childRun(let request):
            if let found = answers.childRun?(request, report.endedAt) { answer(wait, with: found) }
        case .event: break
        }
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
        guard let due = request.arguments["dueInSeconds"]?.doubleValue,
            request.arguments["onDue"]?.stringValue == "expire"
        else { return nil }
        return SimulatedAnswer(.success(["outcome": "expired"]), afterSeconds: due)
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
    private mutating func popNext() -> Happening? {
        guard
            let first = pending.indices.min(by: {
                (pending[$0].at, pending[$0].order) < (pending[$1].at, pending[$1].order)
            })
        else { return nil }
        return pending.remove(at: first)
    }
}
