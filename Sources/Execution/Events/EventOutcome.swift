package import Primitives

/// What became of one event. It is told only after the commit.
package enum EventOutcome: Sendable, Hashable {
    case accepted(EventRecordID)
    /// The same `source` and `id` were accepted before; nothing new happened.
    case duplicate(of: EventRecordID)
    /// It does not satisfy the plant's contract for its type, or a limit; nothing of it was stored.
    case refused([Problem.Item])
}
