import DequeModule

/// The events of one plant that wait for a transaction. A value; `EventIntake` keeps it under a lock and does what it
/// answers.
///
/// Nothing waits for company: the first request goes at once, and what comes while it is under way goes together with
/// the next transaction. So batches grow with the load, and an idle plant's event waits for nobody.
package struct IntakeQueue<Submission> {
    /// Events of one transaction. One request with more goes alone.
    static var maximumBatch: Int { 500 }
    /// Two, so that one is being prepared while the other one is being written to disk.
    static var maximumUnderWay: Int { 2 }
    /// Events that are worth a second transaction beside the one under way. Fewer wait for it and go together: a
    /// transaction has its own price (the guard, the flush of the log), which few events do not pay back.
    package static var worthwhileBatch: Int { 128 }
    /// Events that may wait; the sender of the next is told to come back.
    static var maximumWaiting: Int { 20_000 }

    private var waiting: Deque<(submission: Submission, events: Int)> = []
    private var waitingEvents = 0
    private var underWay = 0

    package init() {}

    package var isIdle: Bool { waiting.isEmpty && underWay == 0 }

    package enum Step {
        case full
        /// Somebody who is at it will take it.
        case wait
        /// Nobody is: the caller starts a worker.
        case start
    }

    package mutating func add(_ submission: Submission, events: Int) -> Step {
        guard waitingEvents + events <= Self.maximumWaiting || waiting.isEmpty else { return .full }
        waiting.append((submission, events))
        waitingEvents += events
        guard underWay < allowedUnderWay else { return .wait }
        underWay += 1
        return .start
    }

    /// Whether one of the workers has nothing to do any more. Then it counts as ended; what it leaves, another one takes.
    package mutating func endsWorker() -> Bool {
        guard waiting.isEmpty || underWay > allowedUnderWay else { return false }
        underWay -= 1
        return true
    }

    private var allowedUnderWay: Int { waitingEvents < Self.worthwhileBatch ? 1 : Self.maximumUnderWay }

    /// What one transaction takes: nothing when another worker has taken it.
    package mutating func next() -> [Submission] {
        var batch: [Submission] = []
        var events = 0
        while let first = waiting.first, batch.isEmpty || events + first.events <= Self.maximumBatch {
            waiting.removeFirst()
            batch.append(first.submission)
            events += first.events
        }
        waitingEvents -= events
        return batch
    }
}
