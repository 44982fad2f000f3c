/// Whether a helper that may be away is asked at all. After a failure it is left alone for a while, longer each time;
/// then one caller tries.
struct Circuit: Sendable {
    static let firstPauseNanoseconds = 0.5e9
    static let longestPauseNanoseconds = 30e9

    private enum State: Sendable {
        case closed
        /// Nobody asks until then.
        case open(until: Double)
        /// One caller has gone to see.
        case probing
    }

    private var state = State.closed
    private var pause = firstPauseNanoseconds

    /// Whether this caller asks. Whoever does says afterwards how it went.
    mutating func mayAsk(at now: Double) -> Bool {
        switch state {
        case .closed: return true
        case .open(let until):
            guard now >= until else { return false }
            state = .probing
            return true
        case .probing: return false
        }
    }

    /// - Returns: whether the helper has just come back.
    mutating func succeeded() -> Bool {
        switch state {
        // An answer that was on its way when the others failed proves nothing about now.
        case .closed, .open: return false
        case .probing:
            state = .closed
            pause = Self.firstPauseNanoseconds
            return true
        }
    }

    /// - Returns: whether the helper has just gone away.
    mutating func failed(at now: Double) -> Bool {
        switch state {
        case .open: return false
        case .closed:
            state = .open(until: now + pause)
            return true
        case .probing:
            pause = min(pause * 2, Self.longestPauseNanoseconds)
            state = .open(until: now + pause)
            return false
        }
    }

    /// The caller went away before it knew: the next one tries instead.
    mutating func abandoned(at now: Double) {
        if case .probing = state { state = .open(until: now) }
    }
}
