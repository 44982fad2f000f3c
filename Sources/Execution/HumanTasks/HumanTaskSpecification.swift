package import JSON
package import Primitives
package import Tenancy
import Workflow

/// What a workflow asks of a person: the arguments of `human-task:1.0.0@default`, checked.
package struct HumanTaskSpecification: Sendable {
    package static let maximumOutcomes = 20
    package static let maximumEscalations = 10
    package static let maximumSeconds: Double = 366 * 24 * 3600

    package struct Outcome: Sendable, Hashable {
        package var name: String
        package var label: String
        package var requiresReason: Bool
    }

    package struct Escalation: Sendable, Hashable {
        /// Counted from the opening of the task.
        package var afterSeconds: Double
        package var role: Role
    }

    package enum OnDue: String, Sendable, Hashable {
        /// The task ends with the outcome `expired`.
        case expire
        /// The next escalation is taken at once; the task stays open.
        case escalate
    }

    package var title: String
    package var description: String?
    package var role: Role
    package var form: JSONValue?
    package var evidence: JSONValue?
    package var outcomes: [Outcome]
    package var priority: Int
    package var fourEyes: Bool
    package var requestedBy: String?
    package var openedAt: Timestamp
    package var dueAt: Timestamp?
    package var onDue: OnDue
    package var escalation: [Escalation]

    /// The earliest of the deadline and the first escalation.
    package var nextActionAt: Timestamp? {
        Self.nextActionAt(openedAt: openedAt, dueAt: dueAt, escalation: escalation, level: 0)
    }

    static func nextActionAt(openedAt: Timestamp, dueAt: Timestamp?, escalation: [Escalation], level: Int) -> Timestamp?
    {
        let next = level < escalation.count ? openedAt.adding(seconds: escalation[level].afterSeconds) : nil
        guard let dueAt else { return next }
        return next.map { min($0, dueAt) } ?? dueAt
    }

    var outcomesJSON: JSONValue {
        .array(
            outcomes.map {
                ["name": .string($0.name), "label": .string($0.label), "requiresReason": .bool($0.requiresReason)]
            })
    }

    var escalationJSON: JSONValue? {
        guard !escalation.isEmpty else { return nil }
        return .array(
            escalation.map { ["afterSeconds": JSONValue($0.afterSeconds), "role": .string($0.role.rawValue)] })
    }
}
