import Glibc
import Synchronization

/// A bar on a terminal; on anything else one line now and then, so that a log is not flooded.
final class ProgressBar: Sendable {
    private static let width = 30

    private struct State {
        var done = 0
        var lastDrawnAt = ContinuousClock.now - .seconds(10)
        var isFinished = false
    }

    private let label: String
    private let total: Int
    private let isTerminal: Bool
    private let isQuiet: Bool
    private let startedAt = ContinuousClock.now
    private let state = Mutex(State())

    /// - Parameter total: how many steps there are; 0 when that is not known.
    init(_ label: String, total: Int, isQuiet: Bool = false) {
        self.label = label
        self.total = total
        self.isQuiet = isQuiet
        isTerminal = isatty(STDERR_FILENO) == 1
    }

    func advance(by count: Int = 1) {
        state.withLock { state in
            state.done += count
            let pause: Duration = isTerminal ? .milliseconds(100) : .seconds(5)
            guard ContinuousClock.now - state.lastDrawnAt >= pause else { return }
            state.lastDrawnAt = .now
            draw(state.done, end: isTerminal ? "" : "\n")
        }
    }

    func finish() {
        state.withLock { state in
            guard !state.isFinished else { return }
            state.isFinished = true
            draw(state.done, end: "\n")
        }
    }

    private func draw(_ done: Int, end: String) {
        guard !isQuiet else { return }
        let seconds = (ContinuousClock.now - startedAt).seconds
        let rate = seconds > 0.05 ? Int(Double(done) / seconds) : 0
        var line = "\(label) "
        if total > 0 {
            let filled = min(Self.width, Self.width * done / total)
            line += "[" + String(repeating: "█", count: filled)
            line += String(repeating: "·", count: Self.width - filled) + "] \(done)/\(total)"
        } else {
            line += String(done)
        }
        line += " \(rate)/s"
        Terminal.writeError((isTerminal ? "\r\u{1B}[K" : "") + line + end)
    }
}

extension Duration {
    var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
