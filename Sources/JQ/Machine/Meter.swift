/// Counts what an evaluation uses; builtins report their work here.
struct Meter {
    var stepsLeft: Int
    /// Bytes that were allocated since the last census, plus those that were alive at it.
    var allocatedBytes = 0
    /// Whether anything was allocated at all.
    var hasAllocated: Bool { allocatedBytes > 0 }
    let memoryBytes: Int
    let nesting: Int
    let now: Double?
    let regexes: RegexCache

    init(_ budget: JQBudget, regexes: RegexCache) {
        stepsLeft = budget.steps
        memoryBytes = budget.memoryBytes
        nesting = budget.nesting
        now = budget.now
        self.regexes = regexes
    }

    @inline(__always)
    mutating func charge(steps: Int) throws(Fault) {
        stepsLeft &-= steps
        if stepsLeft < 0 { throw .exhausted(.steps) }
    }

    /// To be called before the bytes are allocated. The machine takes a census when a budget's worth was allocated;
    /// within one operation the overdraft is another budget's worth.
    @inline(__always)
    mutating func charge(bytes: Int) throws(Fault) {
        allocatedBytes &+= bytes
        if allocatedBytes > memoryBytes { try checkOverdraft() }
    }

    @inline(never)
    private func checkOverdraft() throws(Fault) {
        if allocatedBytes / 2 > memoryBytes { throw .exhausted(.memory) }
    }

    /// Work and memory for `count` elements of a new array or object.
    @inline(__always)
    mutating func charge(elements count: Int) throws(Fault) {
        try charge(steps: count)
        try charge(bytes: count &* 16 &+ 32)
    }

    /// A new text.
    @inline(__always)
    mutating func charge(text bytes: Int) throws(Fault) {
        try charge(steps: bytes >> 4)
        try charge(bytes: bytes &+ 32)
    }
}
