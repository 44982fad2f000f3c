/// How what time starts behaves where the specification leaves it open: `document.metadata.schedule`.
package struct SchedulePolicy: Sendable, Hashable {
    /// What happens when a moment comes and the run before it has not ended.
    package enum Overlap: String, Sendable, Hashable, CaseIterable {
        /// The moment passes without a run.
        case skip
        /// One moment waits until the run has ended; further ones pass.
        case queue
        /// Both run: what the specification says of `every`.
        case allow
        /// The run before is cancelled.
        case replace
    }

    /// What happens with moments that passed while nobody could start a run.
    package enum CatchUp: String, Sendable, Hashable, CaseIterable {
        case none, latest, all
    }

    /// An IANA name; `nil` for the plant's own zone.
    package var timeZone: String?
    package var overlap = Overlap.allow
    package var catchUp = CatchUp.latest
    /// How long ago a missed moment may lie to be caught up with.
    package var catchUpWithinSeconds = Self.defaultCatchUpWithinSeconds
    /// Runs start up to so many seconds late, each moment by an amount of its own, so that many plants with the same
    /// schedule do not start at once.
    package var jitterSeconds: Double = 0

    package static let defaultCatchUpWithinSeconds: Double = 86_400
    package static let maximumCatchUpWithinSeconds: Double = 30 * 86_400
    package static let maximumJitterSeconds: Double = 3600
    package static let maximumZoneNameBytes = 64

    package init(
        timeZone: String? = nil, overlap: Overlap = .allow, catchUp: CatchUp = .latest,
        catchUpWithinSeconds: Double = Self.defaultCatchUpWithinSeconds, jitterSeconds: Double = 0
    ) {
        self.timeZone = timeZone
        self.overlap = overlap
        self.catchUp = catchUp
        self.catchUpWithinSeconds = catchUpWithinSeconds
        self.jitterSeconds = jitterSeconds
    }

    /// Whether the text has the form of an IANA name (`Europe/Berlin`, `Etc/GMT+3`, `UTC`), which is also a safe path
    /// below a folder of zone files: its parts begin with a letter.
    package static func isZoneName(_ text: String) -> Bool {
        guard (1...maximumZoneNameBytes).contains(text.utf8.count) else { return false }
        return text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.utf8.first, isLetter(first) else { return false }
            return part.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || "_+-".utf8.contains($0) }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & 0xDF) }
}
