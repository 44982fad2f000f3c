import JSON
import Primitives
import Workflow

/// One run of a definition without server and database: the engine in memory, the world as the performer gives it.
///
/// In virtual time, what is performed takes as long as it really took and everything else no time at all: a timeout of a
/// second ends a call that took two, and a `wait` of a day is over at once. In real time, time is waited for.
struct DefinitionRun {
    enum Clock: String, CaseIterable { case virtual, real }

    private let performer: any WaitPerformer
    private let clock: Clock
    /// Given events that nobody took yet, in their order.
    private var events: [JSONValue]
    private var simulation: Simulation

    init(
        _ definition: Definition, facts: RunFacts, answers: SimulatedAnswers, events: [JSONValue],
        performer: any WaitPerformer, clock: Clock, startingAt start: Timestamp
    ) {
        self.performer = performer
        self.clock = clock
        self.events = events
        simulation = Simulation(
            engine: Engine(definition: definition, facts: facts, tellsLifecycle: true), answers: answers,
            startingAt: start)
    }

    /// To its end, or until nothing that is given leads further.
    mutating func run(input: JSONValue) async -> SimulationReport {
        simulation.start(input: input, secretNonce: String(UInt64.random(in: 1 ... .max), radix: 36))
        switch clock {
        case .virtual: await runInVirtualTime()
        case .real: await runInRealTime()
        }
        return simulation.report
    }

    private mutating func runInVirtualTime() async {
        while !simulation.report.status.isFinal {
            let performed = await performer.perform(simulation.takeUnperformed())
            for (wait, answer) in performed { simulation.answer(wait, with: answer) }
            if receiveEvent() { continue }
            guard simulation.step() else { return }
        }
    }

    /// Hands over the first given event that the run listens for.
    private mutating func receiveEvent() -> Bool {
        guard let next = events.indices.first(where: { simulation.isAwaited(events[$0]) }) else { return false }
        simulation.receive(events.remove(at: next))
        return simulation.step()
    }

    private enum Happening: Sendable {
        case answered(Wait, SimulatedAnswer?)
        /// The time of the next timer may have come.
        case woken
    }

    private mutating func runInRealTime() async {
        let performer = performer
        await withTaskGroup(of: Happening.self) { group in
            var calls = 0
            while !simulation.report.status.isFinal {
                simulation.passTime(to: .now())
                for wait in simulation.takeUnperformed() {
                    calls += 1
                    group.addTask { .answered(wait, await performer.perform([wait]).first?.1) }
                }
                if receiveEvent() { continue }
                if let next = simulation.nextMoment, next <= .now() {
                    guard simulation.step() else { break }
                    continue
                }
                guard calls > 0 || simulation.nextMoment != nil else { break }
                if let next = simulation.nextMoment {
                    let pause = next.duration(since: .now())
                    group.addTask {
                        try? await Task.sleep(for: pause)
                        return .woken
                    }
                }
                if case .answered(let wait, let answer)? = await group.next() {
                    calls -= 1
                    simulation.passTime(to: .now())
                    // What a stub's answer takes longer than it did is still to pass.
                    if var answer {
                        let passed = Timestamp.now().duration(since: wait.openedAt).seconds
                        answer.afterSeconds = max(0, answer.afterSeconds - passed)
                        simulation.answer(wait, with: answer)
                    }
                }
            }
            group.cancelAll()
        }
    }
}

/// Performs what a run needs from the world.
protocol WaitPerformer: Sendable {
    /// Side by side; answers say how long each took. What nobody can answer is left out.
    func perform(_ waits: [Wait]) async -> [(Wait, SimulatedAnswer)]
}
