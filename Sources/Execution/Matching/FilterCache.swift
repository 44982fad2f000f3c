import JSON
import Synchronization
import Workflow

/// Compiled listener filters: many runs listen with the same condition and other values. Bounded; when it is full it
/// starts over.
final class FilterCache: Sendable {
    static let maximumFilters = 4_096

    private let compiled = Mutex<[EventFilter: CompiledEventFilter]>([:])

    /// `nil` for a condition that does not compile: the engine checks conditions, so it never should be.
    func compiled(_ filter: EventFilter) -> CompiledEventFilter? {
        if let known = compiled.withLock({ $0[filter] }) { return known }
        guard let fresh = try? CompiledEventFilter(filter, budget: EventBudgets.filter) else { return nil }
        compiled.withLock { compiled in
            if compiled.count >= Self.maximumFilters { compiled = [:] }
            compiled[filter] = fresh
        }
        return fresh
    }
}
