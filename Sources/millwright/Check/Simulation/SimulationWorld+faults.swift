import Execution
import Primitives
import RunnerCore

/// Processes that die, are replaced, or lose the time.
extension SimulationWorld {
    func breakSomething() throws {
        switch random.pick(plan.faults) {
        case .crash: try crash(random.below(planes.count), restarts: true)
        case .killRunner: killRunner()
        case .replaceRunner: beginEpoch()
        case .drainRunner:
            guard let runner = runners.last else { return }
            note("the runner of epoch \(runner.epoch) is asked to leave")
            runner.drain()
        case .clockJump: jump()
        case .operate: try operate()
        }
    }

    /// The process is gone at whatever it waits for: a step that was not sent never is, an answer is never heard.
    func crash(_ place: Int, restarts: Bool = false) throws {
        let plane = planes[place]
        guard plane.isAlive else { return }
        note("plane \(plane.number) dies")
        plane.die()
        // One after the other: each rolls back, and the server's answers must not race.
        try thread.runUntilBlocked()
        while let step = gate.blocked.first(where: { $0.process.plane == plane.number }) {
            gate.release(step, SimulationGate.died)
            try thread.runUntilBlocked()
        }
        for number in openCalls.filter({ $0.value.place == place }).keys.sorted() {
            messages.append(.answer(call: number, .lost("the connection broke")))
        }
        guard restarts else { return }
        time.at(Double(random.below(40))) { [self] in restart(place) }
    }

    func restart(_ place: Int) {
        guard !planes[place].isAlive else { return }
        planes[place] = makePlane(at: place)
        note("plane \(planes[place].number) starts at place \(place)")
    }

    private func killRunner() {
        guard let runner = runners.last else { return }
        note("the runner of epoch \(runner.epoch) is killed")
        forgetEffects(of: runner)
        runner.isGone = true
        runners.removeAll { $0 === runner }
    }

    private func jump() {
        let seconds = Double(random.pick([-3600, 3600, -3, 3, 0]))
        if random.chance(600), let plane = planes.filter(\.isAlive).last {
            note("the clock of plane \(plane.number) is \(seconds) s off")
            plane.clock.offsetSeconds = seconds
        } else if let runner = runners.last {
            note("the clock of the runner of epoch \(runner.epoch) is \(seconds) s off")
            runner.clock.offsetSeconds = seconds
        }
    }

    /// What the reconciler does: the next epoch, then its runner. An outcome that is not known is an epoch without a runner.
    func beginEpoch() {
        guard !isBeginningEpoch else { return }
        let plane = planes[random.below(planes.count)]
        isBeginningEpoch = true
        var isAnswered = false
        // In case that the plane dies over it.
        time.at(20) { [self] in if !isAnswered { isBeginningEpoch = false } }
        guard plane.isAlive else { return }
        note("plane \(plane.number) is to begin an epoch")
        var process = SimulatedProcess(plane: plane.number)
        process.beginsEpoch = true
        let noteAnswer: () -> Void = { isAnswered = true }
        nonisolated(unsafe) let answered = noteAnswer
        plane.start(process) {
            try await plane.runners.beginEpoch(of: SimulationPlant.scope)
        } then: { [self] result in
            answered()
            isBeginningEpoch = false
            guard case .success(let begun) = result else { return note("no epoch: \(Self.reason(result))") }
            note("epoch \(begun.epoch) has begun")
            let clock = SimulatedClock(time)
            clock.offsetSeconds = isStorm ? plan.clockOffset(&random) : 0
            let runner = SimulatedRunner(runnerID: begun.runnerID, epoch: begun.epoch, clock: clock)
            // Two may be begun at once, and the answers overtake one another.
            runner.isReplaced = begun.epoch < latestEpoch
            runners.append(runner)
        }
    }
}
