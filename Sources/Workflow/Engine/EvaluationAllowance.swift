/// What evaluations that belong together (of a request's events, of a transaction's listeners) may use in all, in steps of jq
/// and of JSON Schema. One that has begun ends within its own budget; when the allowance is spent, none begins any more, and
/// whoever gave it says so to the one who asked.
package struct EvaluationAllowance: Sendable {
    package private(set) var stepsLeft: Int
    private var stepsSinceRest = 0

    /// About a few milliseconds.
    private static let stepsUntilRest = 50_000

    package init(steps: Int) { stepsLeft = steps }

    /// For what its caller bounds by other means.
    package static var unbounded: EvaluationAllowance { EvaluationAllowance(steps: .max) }

    package var isSpent: Bool { stepsLeft <= 0 }

    package mutating func spend(_ steps: Int) {
        stepsLeft -= steps
        stepsSinceRest += steps
    }

    /// Whether it is time to let others go on.
    package var wantsRest: Bool { stepsSinceRest >= Self.stepsUntilRest }

    package mutating func rest() async {
        stepsSinceRest = 0
        await Task.yield()
    }
}
