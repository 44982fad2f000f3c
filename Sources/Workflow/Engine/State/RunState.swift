package import JSON
package import Primitives

/// Everything that a run remembers between two advances. A value: advancing makes a new one.
///
/// Its JSON form is documented in `Engine/README.md`; the database checks it and the API shows it.
package struct RunState: Sendable {
    package static let currentVersion = 1

    package internal(set) var status: RunStatus
    package internal(set) var startedAt: Timestamp
    /// `$context`.
    package internal(set) var context: JSONValue
    /// The workflow's raw input, kept only where an expression of the definition can ask for it.
    var input: Datum?
    var frames: [Frame]
    var openWaits: [OpenWait]
    var counters: Counters
    /// Given at the start of a run of a definition with secrets; empty otherwise.
    var secretNonce = ""
    /// Only in the checkpoint of a run that ended in an error: the task that failed, to be tried again.
    var failure: FailedTask?

    /// What is awaited, in the order in which it was opened.
    package var waits: [Wait] { openWaits.map(\.wait) }

    struct Counters: Sendable, Hashable {
        /// Journal entries written.
        var journal = 0
        /// Frames made.
        var frames = 0
        /// Events emitted.
        var events = 0
        /// Lifecycle events told; counted only where they are asked for.
        var lifecycleEvents = 0
        /// How often a task was entered, by reference: only tasks whose waits need a name of their own.
        var entries: [String: Int] = [:]
    }
}

extension RunState: Hashable {
    package static func == (left: RunState, right: RunState) -> Bool { left.json == right.json }
    package func hash(into hasher: inout Hasher) { hasher.combine(json) }
}
