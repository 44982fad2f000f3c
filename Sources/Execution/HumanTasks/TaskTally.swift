import Workflow

/// What the decisions of a task come to. Pure.
struct TaskTally: Hashable {
    var quorum: HumanTaskArguments.Quorum?
    var veto: [String]
    /// Every outcome that can be chosen.
    var outcomes: [String]
    /// In their order, the newest last.
    var decided: [String]

    init(_ task: HumanTask, adding outcome: String? = nil) {
        quorum = task.terms.quorum
        veto = task.terms.veto
        outcomes = task.outcomes.map(\.name)
        decided = task.decisions.map(\.outcome) + (outcome.map { [$0] } ?? [])
    }

    /// The outcome that the newest decision closes the task with; `nil` while more people are needed.
    ///
    /// - Parameter able: how many people could still decide.
    func closing(able: Int) -> String? {
        guard let newest = decided.last else { return nil }
        guard let quorum else { return newest }
        if veto.contains(newest) { return newest }
        if counts(newest), votes(newest) >= quorum.of { return newest }
        let left = left(able: able)
        let isReachable = outcomes.contains { counts($0) && votes($0) + left >= quorum.of }
        return isReachable ? nil : quorum.otherwise
    }

    /// How many have chosen each outcome that can win, for those who look at the task.
    func votes(_ outcome: String) -> Int { decided.count { $0 == outcome } }

    func counts(_ outcome: String) -> Bool {
        quorum.map { $0.outcomes.isEmpty || $0.outcomes.contains(outcome) } ?? true
    }

    /// No more than take part.
    private func left(able: Int) -> Int {
        guard let among = quorum?.among else { return able }
        return min(able, max(0, among - decided.count))
    }
}
