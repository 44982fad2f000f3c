import Database
import Primitives

/// Plays seeds, one after the other, in a process of its own with a cluster of its own.
struct SimulationWorker {
    let socketDirectory: String
    let superuser: String
    let database: String
    let seeds: StrideTo<UInt64>
    let isTraced: Bool

    /// - Returns: whether every seed held.
    func run() throws -> Bool {
        SimulationThread.shared.takeOver()
        var configuration = DatabaseConfiguration(host: socketDirectory, port: 5432, database: database)
        configuration.limits.unavailablePatience = .seconds(30)
        let stage = try SimulationStage(configuration, superuser: superuser)
        var steps = 0
        let start = ContinuousClock.now
        for seed in seeds {
            let world = SimulationWorld(seed: seed, stage: stage, isTraced: isTraced)
            let failure: String?
            do { failure = try world.run() } catch { failure = "\((error as? Problem)?.detail ?? "\(error)")" }
            stage.seedsDone += 1
            steps += world.trace.steps
            if let failure {
                complain(seed, failure, world.trace)
                return false
            }
            if isTraced {
                Terminal.writeLine(
                    "seed \(seed) holds after \(world.trace.steps) steps; digest \(world.trace.digestText)")
            }
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        Terminal.writeLine(
            "  simulation  \(stage.seedsDone) seeds held: \(steps) steps, \(stage.gate.tripsDone) round trips, in "
                + "\(Decimal1.text(seconds)) s (\(Decimal1.text(seconds * 1000 / Double(max(1, stage.seedsDone)))) ms a seed)"
        )
        return true
    }

    private func complain(_ seed: UInt64, _ failure: String, _ trace: SimulationTrace) {
        let steps = isTraced ? "" : trace.last.map { "  " + $0 + "\n" }.joined()
        Terminal.writeError(
            steps + "check simulation: seed \(seed) does not hold after \(trace.steps) steps (digest "
                + "\(trace.digestText)): \(failure).\nRepeat it with: millwright check simulation --seed \(seed) --trace\n"
        )
    }
}
