import Synchronization

/// How many bytes the requests and answers of one plant's process socket hold at once, from their first byte until their
/// job has ended. A runner can keep many connections open, and none of what it sends there costs it anything.
final class ProcessBudget: Sendable {
    /// Two of the largest requests, and room for many of the usual ones.
    static let maximumBytes = 32 << 20

    static let exceeded = ProcessFailure(
        .busy, "the plant's jobs and their answers hold more than \(maximumBytes >> 20) MiB; try again later")

    private let free: Mutex<Int>

    init(bytes: Int = ProcessBudget.maximumBytes) { free = Mutex(bytes) }

    /// What one connection and its job hold. Given back when nobody has it any more.
    final class Share: Sendable {
        private let budget: ProcessBudget
        private let held = Mutex(0)

        init(of budget: ProcessBudget) { self.budget = budget }

        deinit { budget.giveBack(held.withLock { $0 }) }

        /// Whether there is room for so many more.
        func take(_ bytes: Int) -> Bool {
            guard budget.take(bytes) else { return false }
            held.withLock { $0 += bytes }
            return true
        }
    }

    private func take(_ bytes: Int) -> Bool {
        free.withLock { free in
            guard bytes <= free else { return false }
            free -= bytes
            return true
        }
    }

    private func giveBack(_ bytes: Int) { free.withLock { $0 += bytes } }
}
