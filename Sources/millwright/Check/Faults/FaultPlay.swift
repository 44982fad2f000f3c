import JSON
import Primitives

/// The check itself, once everything runs: load, faults, the end of the load, and the comparison.
struct FaultPlay: Sendable {
    let world: DrillWorld
    let plan: FaultSession.Plan

    func perform() async throws -> Bool {
        switch plan.part {
        case .restartWithOpenRuns: return try await OpenRunsCheck(world: world, count: plan.openRuns).perform()
        case .upgrade: return try await performUpgrade()
        default: return try await performFaults()
        }
    }

    private func performUpgrade() async throws -> Bool {
        let upgrade = try UpgradeCheck(world: world, given: plan.nextProgram)
        let steps = try await underLoad { try await upgrade.perform() }
        let (drained, _, counts, objections) = try await settle()
        for step in steps { Terminal.writeLine("  " + step) }
        Terminal.writeLine(
            "  \(counts.events) events accepted, \(counts.runs) runs completed; everything ended \(Decimal1.text(drained)) s after."
        )
        Terminal.writeLine(
            objections.isEmpty
                ? "\nNothing was lost and nothing happened twice."
                : "\nBROKEN PROMISES:\n  " + objections.joined(separator: "\n  "))
        return objections.isEmpty
    }

    private func performFaults() async throws -> Bool {
        world.report.say("Everything runs: \(world.plants.count) plants, \(world.planes.count) control planes.")
        let start = ContinuousClock.now
        let outcome = try await underLoad {
            let drill = FaultDrill(
                world: world, faults: plan.faults, seed: plan.seed,
                deadline: ContinuousClock.now + .seconds(plan.secondsLimit), kinds: plan.kinds)
            return try await drill.run()
        }
        let seconds = (ContinuousClock.now - start).seconds
        let (drained, left, counts, objections) = try await settle()
        let verdict = FaultVerdict(
            outcome: outcome, seed: plan.seed, seconds: seconds, drainSeconds: drained, openRuns: left, counts: counts,
            refusals: world.ledger.refusals, suspensions: world.ledger.suspensions,
            repeatedKeys: world.systems.repeatedKeys, lookUps: world.systems.lookUps, objections: objections)
        Terminal.writeLine(plan.isJSON ? verdict.json.serialized() : verdict.text)
        return verdict.isHeld
    }

    /// Runs `body` while machines, people and an operator work.
    private func underLoad<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value
    {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                await world.load.run()
                return nil
            }
            group.addTask {
                await world.load.decideAll()
                return nil
            }
            group.addTask { try await body() }
            var value: Value?
            while let ended = try await group.next() {
                guard let ended else { continue }
                value = ended
                group.cancelAll()
            }
            guard let value else { throw CancellationError() }
            return value
        }
    }

    /// Waits until everything has come to its end, with people who go on deciding, and compares.
    private func settle() async throws -> (Double, Int, DrillBooks.Counts, [String]) {
        world.report.say("The faults are over; everything must come to its end.")
        let books = DrillBooks(world: world)
        let (seconds, left) = try await withThrowingTaskGroup(of: (Double, Int)?.self) { group in
            group.addTask {
                await world.load.decideAll()
                return nil
            }
            group.addTask { try await books.drain() }
            defer { group.cancelAll() }
            while let ended = try await group.next() { if let ended { return ended } }
            throw CancellationError()
        }
        var (counts, objections) = try await books.check()
        if left > 0 { objections.append("\(left) runs were still open after \(Int(seconds)) s") }
        return (seconds, left, counts, objections)
    }
}
