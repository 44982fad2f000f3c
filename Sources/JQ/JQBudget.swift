/// What one evaluation may use. Going over any of these ends that evaluation with ``JQError/budget(_:)``.
///
/// Steps and sizes are counted, not timed, so the same program and input end in the same way on every machine.
public struct JQBudget: Sendable, Hashable {
    /// Instructions, plus one for each piece of work inside a builtin that depends on the size of its input.
    public var steps: Int
    /// Function calls inside each other that are not tail calls.
    public var depth: Int
    /// How deeply a value that the program builds may be nested. At most 1,000 is safe on a thread with a stack of
    /// 512 KiB, because freeing a nested value recurses; 12,000 on one of 8 MiB.
    public var nesting: Int
    /// Results of the program.
    public var outputs: Int
    /// All results together, as trees: what the program shares counts as often as it would be written.
    public var outputBytes: Int
    /// Values that the evaluation holds at one time, its results, and its stack, by their logical size.
    public var memoryBytes: Int
    /// What `now` answers, in seconds since 1970; without it `now` is an error. Expressions have no clock of their own.
    public var now: Double?

    /// What is not named has its default; the defaults fit an expression that somebody waits for.
    public init(
        steps: Int = 10_000_000, depth: Int = 10_000, nesting: Int = 512, outputs: Int = 100_000,
        outputBytes: Int = 16 << 20, memoryBytes: Int = 64 << 20, now: Double? = nil
    ) {
        self.steps = steps
        self.depth = depth
        self.nesting = nesting
        self.outputs = outputs
        self.outputBytes = outputBytes
        self.memoryBytes = memoryBytes
        self.now = now
    }

    /// Ten million steps, 10,000 calls deep, 64 MiB; no time.
    public static let `default` = JQBudget()
}
