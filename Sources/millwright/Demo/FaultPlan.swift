import Glibc
import Primitives

/// What is broken on purpose while the demo works.
struct FaultPlan: Sendable {
    var kills = 0
    var databaseRestarts = 0
    var seed: UInt64 = 1

    var isEmpty: Bool { kills == 0 && databaseRestarts == 0 }
}

/// SplitMix64: a small generator whose whole state is its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Sends SIGKILL to runners and to the control plane, and restarts PostgreSQL, at random moments of a seed.
struct FaultInjector: Sendable {
    let plan: FaultPlan
    let controlPlane: SupervisedProcess
    let cluster: PrivateCluster
    let report: @Sendable (String) -> Void

    static let pauseMilliseconds: ClosedRange<Int> = 200...1500

    func run() async throws {
        var generator = SeededGenerator(seed: plan.seed)
        var kills = plan.kills
        var restarts = plan.databaseRestarts
        while kills + restarts > 0 {
            try await Task.sleep(for: .milliseconds(Int.random(in: Self.pauseMilliseconds, using: &generator)))
            let number = Int.random(in: 0..<(kills + restarts), using: &generator)
            if number < restarts {
                report("restarting PostgreSQL")
                try await cluster.restart()
                restarts -= 1
                continue
            }
            // Nothing to kill yet means that the last one is still being replaced: wait for it.
            let target = Bool.random(using: &generator) ? controlPlane.pid.map { [$0] } ?? [] : runners()
            guard let victim = target.randomElement(using: &generator), kill(victim, SIGKILL) == 0 else { continue }
            report("killed \(victim == controlPlane.pid ? "the control plane" : "a runner") (\(victim))")
            kills -= 1
        }
    }

    /// The runners that are descendants of our control plane.
    private func runners() -> [Int32] {
        guard let root = controlPlane.pid else { return [] }
        var found: [Int32] = []
        for name in (try? DirectoryListing.names(in: "/proc")) ?? [] {
            guard let pid = Int32(name), let command = try? FileText.read("/proc/\(pid)/cmdline") else { continue }
            if command.hasPrefix("/millwright-runner"), isDescendant(pid, of: root) { found.append(pid) }
        }
        return found.sorted()
    }

    private func isDescendant(_ pid: Int32, of root: Int32) -> Bool {
        var current = pid
        for _ in 0..<10 {
            guard let status = try? FileText.read("/proc/\(current)/status"),
                let line = status.split(separator: "\n").first(where: { $0.hasPrefix("PPid:") }),
                let parent = Int32(String(line.dropFirst(5)).trimmed), parent > 1
            else { return false }
            if parent == root { return true }
            current = parent
        }
        return false
    }
}
