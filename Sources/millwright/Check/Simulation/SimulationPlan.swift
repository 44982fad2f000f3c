import Execution
import JSON
import Primitives

/// What a seed has in store: its workflows, its load, and how much goes wrong.
struct SimulationPlan {
    enum Fault: String, CaseIterable {
        case crash, killRunner, replaceRunner, drainRunner, clockJump, operate
    }

    let workflows: [SimulationWorkflow]
    let events: [SimulatedEvent]
    let stormSteps: Int
    let faults: [Fault]
    /// Chances in per mille: of a fault at each step, of an answer of the database that goes wrong, of a message that does.
    let faultRate: Int
    let databaseRate: Int
    let messageRate: Int
    /// Chance in per mille that a person does something at a step of the storm: some are slow, and deadlines come.
    let peopleRate: Int
    let clocksDiffer: Bool

    init(_ random: inout SimulationRandom) {
        let roots = SimulationWorkflow.allCases.filter { !$0.isPart }
        var chosen: Set<SimulationWorkflow> = []
        for _ in 0...random.below(2) {
            let root = random.pick(roots)
            chosen.formUnion([root] + root.needs)
        }
        workflows = SimulationWorkflow.allCases.filter(chosen.contains)
        events = Self.events(for: workflows, &random)
        stormSteps = 60 + random.below(240)
        let needsOperator = chosen.contains { $0 == .frail || $0 == .move }
        faults = Fault.allCases.filter { random.chance(500) || ($0 == .operate && needsOperator) }
        faultRate = random.pick(needsOperator ? [25, 50, 75] : [0, 10, 25, 50])
        databaseRate = random.pick([0, 5, 15, 40])
        messageRate = random.pick([0, 20, 60, 120])
        peopleRate = random.pick([4, 40])
        clocksDiffer = faults.contains(.clockJump)
    }

    private static func events(
        for workflows: [SimulationWorkflow], _ random: inout SimulationRandom
    ) -> [SimulatedEvent] {
        var events: [SimulatedEvent] = []
        func add(_ type: String, _ subject: Int) {
            events.append(SimulatedEvent(number: events.count, type: type, subject: "s\(subject)"))
        }
        if workflows.contains(where: { $0.eventType == SimulationWorkflow.startType }) {
            // More than have room at once where that is limited.
            let count = (workflows.contains(.limited) ? 3 : 1) + random.below(3)
            for subject in 0..<count { add(SimulationWorkflow.startType, subject) }
            if workflows.contains(.listen) {
                for subject in 0..<count {
                    add(SimulationWorkflow.goType, subject)
                    // Some find a run that listens.
                    events[events.count - 1].nextSendAt = Int64(random.pick([0, 5, 20, 60]))
                }
            }
        }
        if workflows.contains(.pair) {
            for subject in 0...random.below(2) {
                add(SimulationWorkflow.leftType, subject)
                add(SimulationWorkflow.rightType, subject)
            }
        }
        if workflows.contains(where: { $0.keyedType != nil }) {
            for subject in 0...random.below(2) {
                for _ in 0...(1 + random.below(2)) { add(SimulationWorkflow.keyedType, subject) }
            }
        }
        return events
    }

    func clockOffset(_ random: inout SimulationRandom) -> Double {
        clocksDiffer ? Double(random.pick([0, 0, 3, -3, 3600, -3600])) : 0
    }
}

/// One event of a sender, who sends it again until it is told that it was accepted, and sometimes after that.
struct SimulatedEvent {
    let number: Int
    let type: String
    let subject: String
    /// What the sender was told.
    var id: EventRecordID?
    var nextSendAt: Int64 = 0
    var wasSent = false
    var repeatsLeft = 1

    var name: String { "e\(number)" }

    var incoming: IncomingEvent {
        IncomingEvent(
            source: "sim", id: name, type: type, subject: subject, data: ["number": JSONValue(number)])
    }
}
