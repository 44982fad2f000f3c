import Primitives

/// What a seed decides, in the order in which it is asked.
struct SimulationRandom {
    private var generator: FuzzRandom

    /// - Parameter stream: tells apart the decisions of the scheduler and the bits of identifiers.
    init(seed: UInt64, stream: UInt64) { generator = FuzzRandom(seed: seed, position: stream) }

    mutating func next() -> UInt64 { generator.next() }
    mutating func below(_ bound: Int) -> Int { generator.below(bound) }
    mutating func pick<Element>(_ elements: [Element]) -> Element { generator.pick(elements) }

    /// In per mille.
    mutating func chance(_ perMille: Int) -> Bool { generator.below(1000) < perMille }
}

/// One of the simulation's processes, as its tasks know it.
struct SimulatedProcess: Sendable {
    @TaskLocal static var current: SimulatedProcess?

    /// The instance of a control plane; each start has a number of its own.
    let plane: Int
    /// The runner's epoch whose call this is.
    var callOfEpoch: Int64?
    /// The next epoch is being begun.
    var beginsEpoch = false
}
