import Primitives

/// A wait with what its answer means to the run.
struct OpenWait: Sendable, Hashable {
    var wait: Wait
    /// The frame that waits.
    var frame: Int
    var role: Role

    enum Role: Sendable, Hashable {
        /// The answer is the task's result.
        case answer
        /// The frame's task took too long.
        case timeout
        /// One attempt of a `try` took too long.
        case attemptTimeout
        /// The pause before another attempt of a `try` is over.
        case retry
        /// An event for the filter with this number.
        case event(filter: Int)
        /// An event for the filter with this number of `until`.
        case until(filter: Int)
    }
}
