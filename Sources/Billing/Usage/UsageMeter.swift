import Database

/// What is counted and can be priced. Execution counts under the same names.
package enum UsageMeter: String, Sendable, Hashable, CaseIterable, Comparable, PostgresEncodable, PostgresDecodable {
    case events
    case runs
    case tasks
    case connectorCalls = "connector-calls"
    case humanDecisions = "human-decisions"
    case runnerSeconds = "runner-seconds"
    case activePlants = "active-plants"

    /// As a person reads it on an invoice.
    package var title: String {
        switch self {
        case .events: "Events accepted"
        case .runs: "Workflow runs"
        case .tasks: "Tasks executed"
        case .connectorCalls: "Calls to connected systems"
        case .humanDecisions: "Decisions by people"
        case .runnerSeconds: "Runner time, seconds"
        case .activePlants: "Active plants"
        }
    }

    /// The order of an invoice's lines.
    package static func < (left: Self, right: Self) -> Bool { left.order < right.order }

    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
