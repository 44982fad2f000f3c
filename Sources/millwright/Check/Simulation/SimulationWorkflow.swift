import JSON
import Primitives
import RunnerProtocol
import Workflow

/// The workflows of the simulated plant. Together they wait in every way there is.
enum SimulationWorkflow: String, CaseIterable {
    case call, lookUp, blind, pause, retry, impatient, listen, approve, fork, parent, child, spawn, made, pair, tick,
        promise, overdue, alarm, limited, once, sole, panel, frail, move, hasty

    var id: WorkflowID { WorkflowID(UUIDv7(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0100 + number)) }
    var digest: String { String(repeating: "0", count: 60) + "ab" + (number < 10 ? "0\(number)" : "\(number)") }
    private var number: UInt64 { UInt64(Self.allCases.firstIndex(of: self) ?? 0) }

    /// The types that start it alone.
    var eventType: String? {
        switch self {
        case .child, .pair, .tick, .once, .sole: nil
        case .made: Self.madeType
        case .alarm: ServiceLevelClock.Occasion.breachEventType
        default: Self.startType
        }
    }

    /// The types that start it together.
    var setTypes: [String] { self == .pair ? [Self.leftType, Self.rightType] : [] }

    /// The type that starts it, unless there is a run with the event's subject.
    var keyedType: String? { self == .once || self == .sole ? Self.keyedType : nil }

    var triggerTypes: [String] { [eventType ?? keyedType].compactMap { $0 } + setTypes }

    /// Workflows that it needs to be enabled.
    var needs: [Self] {
        switch self {
        case .parent, .hasty: [.child]
        case .spawn: [.child, .made]
        case .promise, .overdue: [.alarm]
        default: []
        }
    }

    /// Starts others' work, and nothing starts it in a seed that has not chosen those.
    var isPart: Bool { self == .child || self == .made || self == .alarm }
    var asksPeople: Bool { [.approve, .blind, .fork, .overdue, .panel].contains(self) }
    var hasClocks: Bool { self == .promise || self == .overdue }
    var runsOnTime: Bool { self == .tick }
    /// Whose calls are refused now and then.
    var isRefused: Bool { self == .retry || self == .frail }

    static let startType = "sim.start"
    static let goType = "sim.go"
    static let madeType = "sim.made"
    static let leftType = "sim.left"
    static let rightType = "sim.right"
    static let keyedType = "sim.keyed"
    static let everySeconds = 60.0

    var envelope: DefinitionEnvelope { envelope(digest, "1.0.0", tasks) }

    /// Another version of `move`, to which its runs are taken.
    static let movedDigest = String(repeating: "0", count: 60) + "cd00"
    static var moved: DefinitionEnvelope {
        let more = JSONValue.array((Self.move.tasks.arrayValue ?? []) + [["extra": Self.call(.honest)]])
        return Self.move.envelope(movedDigest, "2.0.0", more)
    }

    private func envelope(_ digest: String, _ version: String, _ tasks: JSONValue) -> DefinitionEnvelope {
        DefinitionEnvelope(
            digest: digest,
            document: [
                "document": [
                    "dsl": "1.0.3", "namespace": "sim", "name": .string(rawValue), "version": .string(version),
                ], "do": tasks,
            ], parameters: [:], bindings: [:], facts: ["id": .string(rawValue), "name": .string(rawValue)])
    }
}
