/// Why a message could not be read. The path leads to the place (`commits/3/journal/0/kind`); no value is ever quoted.
package struct MessageProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package private(set) var path: String
    package let reason: String

    package init(path: String = "", _ reason: String) {
        self.path = path
        self.reason = reason
    }

    package var description: String { path.isEmpty ? "The message \(reason)." : "\(path) \(reason)." }

    /// The same problem, seen from one level further out.
    func under(_ step: String) -> MessageProblem {
        MessageProblem(path: path.isEmpty ? step : step + "/" + path, reason)
    }
}
