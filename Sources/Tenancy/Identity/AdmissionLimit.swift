import Primitives
import Synchronization

/// How many may be inside at once. Whoever comes later is refused instead of queued without end.
final class AdmissionLimit: Sendable {
    private let inside = Mutex(0)
    private let maximum: Int

    init(_ maximum: Int) { self.maximum = maximum }

    func enter() throws(Problem) {
        let isFull = inside.withLock { inside in
            guard inside < maximum else { return true }
            inside += 1
            return false
        }
        if isFull { throw Problem(.tooManyRequests, "Too many sign-ins are under way. Try again in a moment.") }
    }

    func leave() { inside.withLock { $0 -= 1 } }
}
