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
    private let clocksDiffer: Bool

    init(_ random: inout SimulationRandom) {
        let roots = SimulationWorkflow.allCases.filter { $0 != .child && $0 != .made }
        var chosen: Set<SimulationWorkflow> = []
        for _ in 0...random.below(2) {
            let root = random.pick(roots)
            chosen.formUnion([root] + root.needs)
        }
        workflows = SimulationWorkflow.allCases.filter(chosen.contains)
        events = Self.events(for: workflows, &random)
        stormSteps = 60 + random.below(240)
        faults = Fault.allCases.filter { _ in random.chance(500) }
        faultRate = random.pick([0, 10, 25, 50])
        databaseRate = random.pick([0, 5, 15, 40])
        messageRate = random.pick([0, 20, 60, 120])
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
            let count = 1 + random.below(3)
            for subject in 0..<count { add(SimulationWorkflow.startType, subject) }
            if workflows.contains(.listen) { for subject in 0..<count { add(SimulationWorkflow.goType, subject) } }
        }
        if workflows.contains(.pair) {
            for subject in 0...random.below(2) {
                add(SimulationWorkflow.leftType, subject)
                add(SimulationWorkflow.rightType, subject)
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
    var repeatsLeft = 1

    var incoming: IncomingEvent {
        IncomingEvent(
            source: "sim", id: "e\(number)", type: type, subject: subject, data: ["number": JSONValue(number)])
    }
}
