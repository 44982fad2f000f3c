import JSON
import Primitives
import RunnerCore
import RunnerProtocol
import Testing
import Workflow

/// SplitMix64: small, and the same everywhere.
struct SimulationGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

@Suite("a runner in a world that loses answers, says things twice and kills it")
struct RunnerCoreSimulationTests {
    /// The world: a control plane, a system that honours keys, and a runner that is replaced when it dies.
    private struct World {
        var random: SimulationGenerator
        var plane = MemoryControlPlane()
        var bench: MachineBench
        /// What the other system did, by key, and how often it was asked.
        var done: [String: Int] = [:]
        var asked: [String: Int] = [:]
        var failure: String?

        let limits: RunnerLimits

        init(seed: UInt64) {
            random = SimulationGenerator(state: seed)
            var limits = RunnerLimits()
            limits.maximumRunsInHand = 20
            limits.maximumEffects = 4
            limits.commitsPerSync = 7
            limits.advancesPerSlice = 5
            self.limits = limits
            bench = MachineBench(limits)
        }

        mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

        mutating func step() {
            plane.now = plane.now.adding(seconds: 1)
            bench.now = plane.now
            if chance(2) { return die() }
            if !bench.syncs.isEmpty, chance(60) { return answerSync() }
            if !bench.effects.isEmpty, chance(60) { return performEffect() }
            bench.backoffElapsed()
        }

        private mutating func answerSync() {
            let index = Int.random(in: 0..<bench.syncs.count, using: &random)
            let request = bench.syncs[index].request
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<10: bench.finish(.lost("not sent"), at: index)
            case 10..<20:
                _ = plane.answer(request)
                bench.finish(.lost("not answered"), at: index)
            case 20..<25:
                // It forgets what it handed out, and says it again.
                plane.handed = []
                bench.finish(index, by: &plane)
            default: bench.finish(index, by: &plane)
            }
        }

        private mutating func performEffect() {
            let index = Int.random(in: 0..<bench.effects.count, using: &random)
            let effect = bench.effects[index]
            check(effect)
            asked[effect.idempotencyKey, default: 0] += 1
            done[effect.idempotencyKey] = 1
            // It is done, and the runner dies before it knows.
            if chance(5) { return die() }
            let result: JSONValue = ["id": .string(effect.idempotencyKey), "number": "1", "status": "open"]
            bench.finishEffect(.succeeded(result), at: index)
        }

        /// The rule: what is performed is open in the recorded state.
        private mutating func check(_ effect: Effect) {
            guard let run = plane.runs[effect.id.runID] else { return failure = "an effect of no run" }
            let waits = run.state.flatMap { try? RunState(json: $0) }?.waits ?? []
            // A recorded transition that the runner has not heard of yet may have closed it (a timeout).
            let isOpen = waits.contains { $0.id == effect.id.waitID }
            let wasOpened = run.journal.contains {
                $0.kind == .waitOpened
                    && $0.taskReference == effect.id.waitID.split(separator: "#").first.map(String.init)
            }
            if !isOpen, !wasOpened { failure = "an effect whose transition was not recorded" }
        }

        private mutating func die() {
            plane.epoch += 1
            bench = MachineBench(limits, epoch: plane.epoch)
        }
    }

    @Test("every run ends exactly as if nothing had gone wrong", arguments: 0..<40)
    func everythingEnds(_ number: Int) throws {
        let seed = UInt64(number) &* 7919 &+ 17
        var world = World(seed: seed)
        let workflows: [TestWorkflow] = [.computing, .calling, .forked, .catching]
        for index in 0..<60 { world.plane.accept(workflows[index % workflows.count], ["n": JSONValue(index)]) }
        var steps = 0
        while world.plane.runs.values.contains(where: { !$0.status.isFinal }) {
            world.step()
            steps += 1
            try #require(steps < 20_000, "seed \(seed): it does not end")
            try #require(world.failure == nil, "seed \(seed): \(world.failure ?? "")")
        }
        for (id, run) in world.plane.runs {
            #expect(run.status == .completed, "seed \(seed)")
            // Each transition is recorded once: the journal counts without gaps.
            #expect(run.journal.map(\.ordinal) == Array(1...run.journal.count), "seed \(seed)")
            let commits = world.plane.recorded.filter { $0.runID == id }.map(\.expectedSequence)
            #expect(commits == (0..<Int64(commits.count)).map { $0 }, "seed \(seed)")
        }
        // One key a call: 15 runs with one call, 15 with one in a try, 15 with two.
        #expect(world.done.count == 60, "seed \(seed)")
    }
}
