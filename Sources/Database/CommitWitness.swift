import Synchronization

/// Learns whether anything was committed while a body ran, also when the body fails afterwards: what may be done again
/// depends on it.
package final class CommitWitness: Sendable {
    @TaskLocal package static var current: CommitWitness?

    private let flag = Atomic<Bool>(false)

    package init() {}

    /// Whether a transaction that can write was committed, or ended with an unknown outcome.
    package var hasSeenCommit: Bool { flag.load(ordering: .acquiring) }

    func sawCommit() { flag.store(true, ordering: .releasing) }

    /// Runs the commit of a transaction.
    static nonisolated(nonsending) func watching<Value>(
        _ commit: nonisolated(nonsending) () async throws -> Value
    ) async throws -> Value {
        do {
            let value = try await commit()
            current?.sawCommit()
            return value
        } catch {
            if (error as? DatabaseError)?.kind == .outcomeUnknown { current?.sawCommit() }
            throw error
        }
    }
}
