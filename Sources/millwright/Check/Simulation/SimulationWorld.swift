import Database
import Execution
import Logging
import Primitives
import RunnerCore
import RunnerProtocol
import Tenancy

/// One seed: a plant with two control planes, its runners, its systems, its people, and whatever goes wrong.
///
/// Whenever every task waits, one thing happens that the seed chooses: a step of the database, a message, an answer, a
/// click, a fault, or the next moment comes. First comes the storm, with faults; then they end, and everything must.
///
/// Unchecked, because it belongs to the simulation's one thread.
final class SimulationWorld: @unchecked Sendable {
    static let maximumSteps = 12_000
    /// Longer than any wait of the workflows, many times over.
    static let maximumSeconds: Int64 = 6 * 3600

    let stage: SimulationStage
    let plan: SimulationPlan
    let time: SimulatedTime
    let chance: SeededChance
    let thread = SimulationThread.shared
    /// What the services say is read when a seed is looked at; what they must do shows in the database.
    private let logger: Logger
    var gate: SimulationGate { stage.gate }
    var random: SimulationRandom
    var trace: SimulationTrace

    /// By place; the instance changes with each crash.
    var planes: [SimulatedPlane] = []
    var planesMade = 0
    var runners: [SimulatedRunner] = []
    var isBeginningEpoch = false
    /// As the database has it.
    var latestEpoch: Int64 = 0
    var messages: [SimulationMessage] = []
    var callsMade = 0
    /// Calls of runners that no answer is on its way for, by number.
    var openCalls: [Int: SimulationCall] = [:]
    var effects: [SimulatedEffect] = []
    var targets = SimulationTargets()
    var ledger = SimulationLedger()
    var listening: [SimulatedListening] = []
    var bulkOperations = 0
    var events: [SimulatedEvent] = []
    var hasNewCommits = false
    var isStorm = true
    var hasSettled = false
    var failure: String?

    init(seed: UInt64, stage: SimulationStage, isTraced: Bool) {
        self.stage = stage
        var random = SimulationRandom(seed: seed, stream: 1)
        plan = SimulationPlan(&random)
        self.random = random
        time = SimulatedTime()
        chance = SeededChance(seed: seed, time)
        trace = SimulationTrace(isPrinted: isTraced)
        logger = Logger(label: "simulation") { label in
            if isTraced { StreamLogHandler.standardOutput(label: label) } else { SwiftLogNoOpLogHandler() }
        }
        events = plan.events
        thread.beginSeed(seed)
    }

    /// - Returns: the invariant that does not hold, or nothing.
    func run() throws -> String? {
        try stage.plant.reset(for: plan.workflows, seedsDone: stage.seedsDone)
        gate.isDead = { [unowned self] number in !planes.contains { $0.number == number && $0.isAlive } }
        gate.committed = { [unowned self] process in committed(process) }
        for place in 0..<2 { planes.append(makePlane(at: place)) }
        for event in events where event.nextSendAt > 0 { time.at(Double(event.nextSendAt)) {} }
        note("workflows \(plan.workflows.map(\.rawValue)), \(events.count) events, faults \(plan.faults)")
        while failure == nil, try step() {
            if trace.steps > Self.maximumSteps || time.seconds > Self.maximumSeconds {
                failure = "it does not end: \(try stage.openWork())"
            }
        }
        if failure == nil { failure = try SimulationFindings(world: self).first() }
        try end()
        return failure
    }

    func note(_ line: @autoclosure () -> String) { trace.add(time.seconds, line()) }

    /// - Returns: whether there is more to do.
    private func step() throws -> Bool {
        try settle()
        if isStorm, trace.steps >= plan.stormSteps { becomeCalm() }
        try settle()
        guard let choice = choose() else { return try stepIdle() }
        try perform(choice)
        return true
    }

    /// Lets everything run that can, and takes what the runners want.
    func settle() throws {
        try thread.runUntilBlocked()
        for runner in runners { take(runner.wishes(), of: runner) }
        runners.removeAll(where: \.isGone)
        if hasNewCommits {
            hasNewCommits = false
            for payload in try stage.notifications() {
                for place in planes.indices { messages.append(.notification(place: place, payload)) }
            }
            try watch()
        }
        if runners.allSatisfy(\.isReplaced), !isBeginningEpoch { beginEpoch() }
    }

    private func committed(_ process: SimulatedProcess) {
        hasNewCommits = true
        if process.beginsEpoch {
            latestEpoch += 1
            for runner in runners where runner.epoch < latestEpoch { runner.isReplaced = true }
        }
        if let epoch = process.callOfEpoch, epoch < latestEpoch {
            failure = failure ?? "a call of epoch \(epoch) was committed after epoch \(latestEpoch) had begun"
        }
    }

    func makePlane(at place: Int) -> SimulatedPlane {
        planesMade += 1
        let plane = SimulatedPlane(
            number: planesMade, database: stage.database, time: time, chance: chance,
            offsetSeconds: isStorm ? plan.clockOffset(&random) : 0, logger: logger)
        if plan.workflows.contains(where: \.asksPeople) {
            plane.repeatLooking(everySeconds: 60) { [unowned self] in idle(try await plane.deadlines.act()) }
        }
        if plan.workflows.contains(where: \.hasClocks) {
            plane.repeatLooking(everySeconds: 60) { [unowned self] in idle(try await plane.promises.act()) }
        }
        if plan.workflows.contains(.limited) {
            plane.repeatLooking(everySeconds: 5) { max(5, try await plane.slots.giveSlots()) }
        }
        if plan.faults.contains(.operate) {
            plane.repeatLooking(everySeconds: 15) { [unowned self] in
                try await plane.bulk.workOff()
                return idle(60)
            }
        }
        if plan.workflows.contains(where: \.runsOnTime) {
            plane.repeatLooking(everySeconds: 20) { max(20, try await plane.schedules.act()) }
        }
        return plane
    }

    /// In the calm few things are new, and hours may have to pass until a clock that was wrong is right: looks are rarer then.
    private func idle(_ pause: Double) -> Double { isStorm || pause < 60 ? pause : 240 }

    /// Nothing waits but time. In the calm that may be the end.
    private func stepIdle() throws -> Bool {
        if !isStorm {
            if !hasSettled {
                hasSettled = true
                try stage.plant.stopSchedules()
            }
            if try personActs() || resumeSomething() || repairSomething() { return true }
            if try stage.openWork().isEmpty, events.allSatisfy({ $0.id != nil }) { return false }
        }
        note("time goes on")
        guard time.nextDue != nil else {
            failure = "nothing is under way, and this is left: \(try stage.openWork())"
            return false
        }
        time.advance()
        return true
    }

    /// No faults from now on, and all clocks are right.
    private func becomeCalm() {
        note("calm")
        isStorm = false
        for plane in planes { plane.clock.offsetSeconds = 0 }
        for runner in runners { runner.clock.offsetSeconds = 0 }
        for place in planes.indices where !planes[place].isAlive { restart(place) }
    }

    /// Ends what is still waiting, so that nothing of this seed reaches the next.
    private func end() throws {
        for place in planes.indices { try crash(place) }
        for _ in 0..<10_000 where time.nextDue != nil {
            time.advance()
            try thread.runUntilBlocked()
        }
    }
}
