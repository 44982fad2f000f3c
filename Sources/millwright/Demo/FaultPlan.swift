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
            let target =
                Bool.random(using: &generator)
                ? controlPlane.pid.map { [$0] } ?? [] : ProcessTree.runners(of: controlPlane.pid)
            guard let victim = target.randomElement(using: &generator), kill(victim, SIGKILL) == 0 else { continue }
            report("killed \(victim == controlPlane.pid ? "the control plane" : "a runner") (\(victim))")
            kills -= 1
        }
    }
}
