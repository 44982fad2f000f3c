/// What a plant's runner may have to be told, and the database has not been asked for yet.
package struct Need: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Runs that no runner has started.
    package static let pending = Need(rawValue: 1 << 0)
    /// Answers to waits.
    package static let inputs = Need(rawValue: 1 << 1)
    /// Timers that are due, or a new earliest one.
    package static let timers = Need(rawValue: 1 << 2)
    /// Runs that nobody has in hand although an effect of theirs may be under way.
    package static let orphans = Need(rawValue: 1 << 3)
    /// The plant's settings, or whether the runner is to stop.
    package static let settings = Need(rawValue: 1 << 4)

    package static let work: Need = [.pending, .inputs, .timers, .orphans]
    package static let all: Need = [.pending, .inputs, .timers, .orphans, .settings]
}
