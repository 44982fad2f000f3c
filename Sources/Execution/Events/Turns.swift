import DequeModule
import Synchronization

/// So many at a time; the others wait in line, in the order in which they came. When those whose turn it is do not get on,
/// everybody passes, so that nobody waits for one failure after the other.
package final class Turns: Sendable {
    private struct State {
        /// Below zero when more passed than there are turns.
        var free: Int
        var everyonePasses = false
        var line: Deque<CheckedContinuation<Void, Never>> = []
    }

    private let state: Mutex<State>

    package init(_ count: Int) { state = Mutex(State(free: count)) }

    package func take() async {
        await withCheckedContinuation { turn in
            let passes = state.withLock { state in
                guard state.free > 0 || state.everyonePasses else {
                    state.line.append(turn)
                    return false
                }
                state.free -= 1
                return true
            }
            if passes { turn.resume() }
        }
    }

    package func giveBack() {
        let next = state.withLock { state in
            state.free += 1
            guard state.free > 0, let next = state.line.popFirst() else {
                return nil as CheckedContinuation<Void, Never>?
            }
            state.free -= 1
            return next
        }
        next?.resume()
    }

    /// Somebody does not get on: the line passes, and whoever comes, until somebody does.
    package func letEveryonePass() {
        let line = state.withLock { state in
            state.everyonePasses = true
            state.free -= state.line.count
            defer { state.line = [] }
            return state.line
        }
        for turn in line { turn.resume() }
    }

    /// Somebody got on.
    package func letPassInTurn() {
        state.withLock { $0.everyonePasses = false }
    }
}
