import Database
import Primitives

/// Faults one after the other, now and then two together, each followed by a look at how long the plants need to work
/// again.
struct FaultDrill: Sendable {
    /// How long the plants may need.
    static let recoverySeconds = 120.0

    struct Figure: Sendable {
        var count = 0
        var longestSeconds = 0.0
    }

    struct Outcome: Sendable {
        var figures: [FaultKind: Figure] = [:]
        var skipped: [FaultKind: String] = [:]
        var performed = 0
    }

    let world: DrillWorld
    let faults: Int
    let seed: UInt64
    let deadline: ContinuousClock.Instant
    let kinds: [FaultKind]

    func run() async throws -> Outcome {
        var outcome = Outcome()
        var generator = SeededGenerator(seed: seed)
        var bag: [FaultKind] = []
        while outcome.performed < faults, ContinuousClock.now < deadline, !Task.isCancelled {
            try await Task.sleep(for: .milliseconds(Int.random(in: 100...600, using: &generator)))
            if bag.isEmpty { bag = possible(&outcome).shuffled(using: &generator) }
            guard let kind = bag.popLast() else { break }
            // Now and then a second one strikes meanwhile.
            let isPaired = Int.random(in: 0..<5, using: &generator) == 0
            let second = isPaired && kind.weight > 2 ? bag.last.flatMap { $0.weight > 2 ? bag.popLast() : nil } : nil
            let pair = [kind] + (second.map { [$0] } ?? [])
            try await strike(pair, generator.next(), &outcome)
        }
        return outcome
    }

    /// Every kind in turn, as often as it weighs, so that none is left out.
    private func possible(_ outcome: inout Outcome) -> [FaultKind] {
        if !world.database.hasSmallDisk {
            outcome.skipped[.diskFull] = "a small file system cannot be mounted here; run it as root"
        }
        if world.database.standby == nil { outcome.skipped[.failOver] = "there is no standby in this form" }
        let skipped = outcome.skipped.keys
        return kinds.filter { !skipped.contains($0) }.flatMap { kind in Array(repeating: kind, count: kind.weight) }
    }

    private func strike(_ kinds: [FaultKind], _ seed: UInt64, _ outcome: inout Outcome) async throws {
        let number = outcome.performed + 1
        world.report.say("\(number)/\(faults)  " + kinds.map(\.rawValue).joined(separator: " and "))
        let ends = try await withThrowingTaskGroup(of: (FaultKind, ContinuousClock.Instant?).self) { group in
            for (index, kind) in kinds.enumerated() {
                group.addTask {
                    var hand = FaultHand(world: world, generator: SeededGenerator(seed: seed &+ UInt64(index)))
                    return (kind, try await hand.perform(kind))
                }
            }
            var ends: [FaultKind: ContinuousClock.Instant] = [:]
            for try await (kind, end) in group { ends[kind] = end }
            return ends
        }
        guard let over = ends.values.max() else { return }
        let recovered = try await recovery(number)
        let seconds = max(0, (recovered - over).seconds)
        world.report.say("    every plant works again after \(Decimal1.text(seconds)) s")
        for kind in ends.keys {
            var figure = outcome.figures[kind] ?? Figure()
            figure.count += 1
            figure.longestSeconds = max(figure.longestSeconds, seconds)
            outcome.figures[kind] = figure
            outcome.performed += 1
        }
    }

    /// Sends an event to each plant and waits until its run has ended.
    /// - Throws: `timeout` when a plant does not work again in time.
    private func recovery(_ number: Int) async throws -> ContinuousClock.Instant {
        let limit = ContinuousClock.now + .seconds(Self.recoverySeconds)
        let ids = world.plants.indices.map { "\(world.load.name)-probe-\(number)-\($0)" }
        let sending = world
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await withTaskGroup(of: Void.self) { senders in
                    for (plant, id) in zip(sending.plants, ids) {
                        senders.addTask {
                            await sending.load.send(
                                id, .honest, asks: false, waits: false, to: plant,
                                sending.load.client(sending.load.administratorKey))
                        }
                    }
                }
            }
            group.addTask {
                try await Task.sleep(until: limit)
                throw Problem(.timeout, "The plants did not take events again in \(Int(Self.recoverySeconds)) s.")
            }
            try await group.next()
            group.cancelAll()
        }
        while ContinuousClock.now < limit {
            if try await DrillBooks.ended(ids, world.domain.database) == ids.count { return .now }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Problem(.timeout, "The plants did not work again in \(Int(Self.recoverySeconds)) s.")
    }
}
