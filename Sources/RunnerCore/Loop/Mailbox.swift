import Synchronization

/// What happened, for the one loop that acts on it. Bounded by what may be under way at once.
final class Mailbox<Message: Sendable>: Sendable {
    private struct State {
        var messages: [Message] = []
        var reader: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func put(_ message: Message) {
        let reader = state.withLock { state in
            state.messages.append(message)
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    /// All that came; empty when nothing did.
    func takeAll() -> [Message] {
        state.withLock { state in
            defer { state.messages = [] }
            return state.messages
        }
    }

    /// Waits until there is something. Only the loop calls it.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isFull = state.withLock { state in
                if state.messages.isEmpty { state.reader = continuation }
                return !state.messages.isEmpty
            }
            if isFull { continuation.resume() }
        }
    }
}
