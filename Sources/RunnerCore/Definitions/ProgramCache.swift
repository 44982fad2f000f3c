package import RunnerProtocol

/// Compiled definitions, the most recently used ones. Runs in hand keep theirs, whatever is dropped here.
package struct ProgramCache {
    private let limit: Int
    private var programs: [String: Entry] = [:]
    private var clock: UInt64 = 0

    package enum Held {
        case usable(Program)
        /// Kept as well, so that a definition that cannot be used is not sent again and again.
        case unusable(String)
    }

    private struct Entry {
        var held: Held
        var usedAt: UInt64
    }

    package init(limit: Int) { self.limit = limit }

    /// What the control plane need not send.
    package var digests: [String] { programs.keys.sorted() }

    package mutating func install(_ envelope: DefinitionEnvelope) {
        clock += 1
        let held: Held
        do {
            held = .usable(try Program(envelope))
        } catch {
            held = .unusable(error.description)
        }
        programs[envelope.digest] = Entry(held: held, usedAt: clock)
    }

    package mutating func use(_ digest: String) -> Held? {
        clock += 1
        programs[digest]?.usedAt = clock
        return programs[digest]?.held
    }

    /// Drops what was not used for the longest time. Called when no work that relies on `digests` is on its way.
    package mutating func trim() {
        guard programs.count > limit else { return }
        let oldest = programs.sorted { $0.value.usedAt < $1.value.usedAt }.prefix(programs.count - limit)
        for (digest, _) in oldest { programs[digest] = nil }
    }
}
