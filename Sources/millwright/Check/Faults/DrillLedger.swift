import Primitives
import Synchronization

/// What was promised to the senders and deciders of the check, and what went wrong on the way: one side of the comparison.
final class DrillLedger: Sendable {
    struct Sent: Sendable {
        var plant: String
        var kind: DrillSystems.Kind
        /// The event's identifier, which is also the reference of the work order that it leads to.
        var id: String
    }

    private struct State {
        var accepted: [Sent] = []
        var decisions: [String: String] = [:]
        var refusals: [String: Int] = [:]
        var repeats = 0
        var suspensions = 0
        var brokenKeys: [String: Int] = [:]
        var objections: [String] = []
    }

    private let state = Mutex(State())

    func accept(_ sent: Sent) { state.withLock { $0.accepted.append(sent) } }
    /// A decision was answered with a 2xx.
    func decided(_ task: String, _ outcome: String) { state.withLock { $0.decisions[task] = outcome } }
    /// The answer was that nobody knows what became of a decision's first try.
    func brokeOff(_ task: String) { state.withLock { $0.brokenKeys[task, default: 0] += 1 } }
    func brokenKeys(of task: String) -> Int { state.withLock { $0.brokenKeys[task] ?? 0 } }
    func suspended() { state.withLock { $0.suspensions += 1 } }
    func object(_ text: String) { state.withLock { $0.objections.append(text) } }

    /// A try that did not end with a 2xx, by its problem's code.
    func refused(_ problem: Problem) {
        state.withLock { state in
            state.refusals[problem.code.rawValue, default: 0] += 1
            state.repeats += 1
        }
    }

    var accepted: [Sent] { state.withLock { $0.accepted } }
    var decisions: [String: String] { state.withLock { $0.decisions } }
    var refusals: [String: Int] { state.withLock { $0.refusals } }
    var suspensions: Int { state.withLock { $0.suspensions } }
    var objections: [String] { state.withLock { $0.objections } }
}
