import Execution
import NIOPosix
import Primitives
import Synchronization
import Workflow

/// The zones of the machine (Debian's `tzdata`), each read once in `keptSeconds`, so that an update of the package counts
/// without a restart.
final class ZoneFiles: TimeZoneSource {
    static let directory = "/usr/share/zoneinfo/"
    static let keptSeconds: Double = 3600
    /// There are some 600.
    static let maximumKept = 1_000

    private let known = Mutex<[String: (rules: TimeZoneRules, readAt: Timestamp)]>([:])

    func rules(of name: String) async throws -> TimeZoneRules {
        let now = Timestamp.now()
        if let kept = known.withLock({ $0[name] }), abs(now.unixSeconds - kept.readAt.unixSeconds) < Self.keptSeconds {
            return kept.rules
        }
        // The form also keeps the path below the folder.
        guard SchedulePolicy.isZoneName(name) else { throw Problem(.notFound, "This is not a zone's name.") }
        let bytes = try await NIOThreadPool.singleton.runIfActive {
            try FileBytes.read(Self.directory + name)
        }
        let rules = try TimeZoneRules(file: bytes)
        known.withLock { known in
            if known.count >= Self.maximumKept { known = [:] }
            known[name] = (rules, now)
        }
        return rules
    }
}
