package import JQ

/// What one run may cost. Going over one ends that run alone.
package struct EngineLimits: Sendable {
    /// Of one evaluation of an expression.
    package var expression: JQBudget
    /// Tasks entered and iterations begun for one input. A run that goes over is faulted: it would never block.
    package var stepsPerInput: Int
    /// Nesting of one value: a value that grows by one level in each turn of a loop is stopped here.
    package var valueDepth: Int
    /// Rough size of one value.
    package var valueBytes: Int
    /// Rough size of all values that one input may add to the journal.
    package var journalBytesPerInput: Int
    /// Attempts of one `try`, whatever its policy says.
    package var attempts: Int
    /// Tasks open at once, nested or in branches.
    package var frames: Int

    package init(
        expression: JQBudget = Self.expressionBudget, stepsPerInput: Int = 100_000, valueDepth: Int = 200,
        valueBytes: Int = 4 << 20, journalBytesPerInput: Int = 64 << 20, attempts: Int = 1_000, frames: Int = 4_096
    ) {
        self.expression = expression
        self.stepsPerInput = stepsPerInput
        self.valueDepth = valueDepth
        self.valueBytes = valueBytes
        self.journalBytesPerInput = journalBytesPerInput
        self.attempts = attempts
        self.frames = frames
    }

    package static let standard = EngineLimits()

    /// Enough for a page of jq over a payload of some megabytes; a hostile expression is stopped in a fraction of a second.
    package static let expressionBudget = JQBudget(
        steps: 2_000_000, depth: 2_000, nesting: 200, outputs: 10_000, memoryBytes: 32 << 20)
}
