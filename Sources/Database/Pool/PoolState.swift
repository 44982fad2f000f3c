import DequeModule

/// Who holds which connection and who waits: a value, changed under the pool's lock. Nothing is sent or resumed in
/// here.
struct PoolState {
    enum Phase {
        case unused
        /// Its first attempt to connect is under way.
        case opening
        case up
        /// It was lost or could not be made; its thread goes on trying.
        case down
    }

    struct Slot {
        var phase = Phase.unused
        var isHeld = false
        /// Pipelines and endings of transactions that are queued or under way. It may be -1 for a moment, when an
        /// answer overtakes the release of its hold.
        var jobs = 0
    }

    enum Placement {
        /// Send the pipeline there, or give the transaction the connection.
        case slot(Int)
        case waiting
        case refused(DatabaseError)
        case cancelled
    }

    private(set) var slots: [Slot]
    private(set) var waiting: Deque<Job> = []
    private(set) var isClosed = false
    private(set) var lastFailure: String?
    private let waitingLimit: Int
    private let jobsLimit: Int

    init(size: Int, waitingLimit: Int, jobsLimit: Int) {
        slots = Array(repeating: Slot(), count: max(size, 1))
        self.waitingLimit = waitingLimit
        self.jobsLimit = jobsLimit
    }

    var anyUp: Bool { slots.contains { $0.phase == .up } }
    var heldCount: Int { slots.count { $0.isHeld } }
    var isQuiet: Bool { slots.allSatisfy { !$0.isHeld && $0.jobs <= 0 } && waiting.isEmpty }

    /// Puts a new request on a connection, or in the line. A second value names a connection that should be opened.
    mutating func place(_ job: Job) -> (Placement, open: Int?) {
        guard !isClosed else { return (.refused(DatabaseError(.unavailable, "the database is shut down")), nil) }
        if job.isCancelled { return (.cancelled, nil) }
        if waiting.isEmpty, let slot = freeSlot() {
            occupy(slot, by: job)
            return (.slot(slot), nil)
        }
        guard waiting.count < waitingLimit else {
            return (
                .refused(DatabaseError(.unavailable, "more than \(waitingLimit) requests wait for a connection")), nil
            )
        }
        waiting.append(job)
        return (.waiting, startAnother())
    }

    /// Gives the next waiting request a connection, if there is one for it.
    mutating func next() -> (Job, slot: Int)? {
        guard let job = waiting.first, let slot = freeSlot() else { return nil }
        waiting.removeFirst()
        occupy(slot, by: job)
        return (job, slot)
    }

    /// The least busy connection that nobody holds. A request only stands behind another one when there is no
    /// connection left to open: what is in the line can still go to whichever is free first, what was sent cannot.
    private func freeSlot() -> Int? {
        var best: Int?
        for (index, slot) in slots.enumerated() where slot.phase == .up && !slot.isHeld && slot.jobs < jobsLimit {
            if best.map({ slot.jobs < slots[$0].jobs }) ?? true { best = index }
        }
        guard let best, slots[best].jobs > 0 else { return best }
        return slots.contains { $0.phase == .unused || $0.phase == .opening } ? nil : best
    }

    private mutating func occupy(_ slot: Int, by job: Job) {
        if job.isPipeline { slots[slot].jobs += 1 } else { slots[slot].isHeld = true }
    }

    private mutating func startAnother() -> Int? {
        guard let index = slots.firstIndex(where: { $0.phase == .unused }) else { return nil }
        slots[index].phase = .opening
        return index
    }

    mutating func finished(_ slot: Int) { slots[slot].jobs -= 1 }

    mutating func release(_ slot: Int, jobsLeft: Int) {
        slots[slot].isHeld = false
        slots[slot].jobs += jobsLeft
    }

    /// - Returns: whether this ends a time in which connections failed.
    mutating func up(_ slot: Int) -> Bool {
        slots[slot].phase = .up
        defer { lastFailure = nil }
        return lastFailure != nil
    }

    mutating func down(_ slot: Int) { slots[slot].phase = .down }

    /// - Returns: whether it is the first failure since a connection was made.
    mutating func failed(_ slot: Int, _ reason: String) -> Bool {
        slots[slot].phase = .down
        defer { lastFailure = reason }
        return lastFailure == nil
    }

    /// A pipeline that was not sent when its connection broke goes to the head of the line, unless the pool is closed.
    mutating func putBack(_ job: Job, from slot: Int) -> Bool {
        slots[slot].jobs -= 1
        guard !isClosed else { return false }
        waiting.prepend(job)
        return true
    }

    mutating func withdraw(_ job: Job) -> Bool {
        guard let index = waiting.firstIndex(where: { $0 === job }) else { return false }
        waiting.remove(at: index)
        return true
    }

    /// When a waiting request gives up: at its deadline, or after a shorter patience while there is no connection at
    /// all.
    private static func expiry(of job: Job, patience: Duration, anyUp: Bool) -> ContinuousClock.Instant {
        anyUp ? job.deadline : min(job.deadline, job.submittedAt + patience)
    }

    func nextExpiry(patience: Duration) -> ContinuousClock.Instant? {
        guard !waiting.isEmpty else { return nil }
        let anyUp = anyUp
        return waiting.lazy.map { Self.expiry(of: $0, patience: patience, anyUp: anyUp) }.min()
    }

    mutating func expire(_ now: ContinuousClock.Instant, patience: Duration) -> [Job] {
        guard let next = nextExpiry(patience: patience), next <= now else { return [] }
        let anyUp = anyUp
        let over = waiting.filter { Self.expiry(of: $0, patience: patience, anyUp: anyUp) <= now }
        waiting.removeAll { Self.expiry(of: $0, patience: patience, anyUp: anyUp) <= now }
        return Array(over)
    }

    mutating func close() { isClosed = true }

    mutating func takeWaiting() -> [Job] {
        defer { waiting.removeAll() }
        return Array(waiting)
    }
}
