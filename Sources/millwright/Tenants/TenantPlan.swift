import Primitives

/// What applying the files would change, in the order in which it is done. Reading the plan changes nothing.
struct TenantPlan: Sendable {
    enum Mark: String, Sendable {
        case create = "+"
        case change = "~"
    }

    struct Step: Sendable {
        var mark: Mark
        /// For people: `plant sample-partner/sample-client/north`.
        var what: String
    }

    private(set) var steps: [Step] = []

    mutating func add(_ mark: Mark, _ what: String) { steps.append(Step(mark: mark, what: what)) }

    var text: String {
        steps.isEmpty
            ? "Nothing to do: everything is as the files say."
            : steps.map { "  \($0.mark.rawValue) \($0.what)" }.joined(separator: "\n")
    }
}
