/// The process that does the work and may die of it.
struct FuzzWorker {
    let target: FuzzTarget
    let mutator: FuzzMutator
    let seed: UInt64

    /// - Returns: what does not hold, and at which position; nil when all inputs were refused or taken.
    func run(_ positions: Range<UInt64>, _ progress: FuzzProgress) throws -> (position: UInt64, reason: String)? {
        var found: (UInt64, String)?
        let trial = FuzzTrial(target: target)
        try SmallStack.run {
            for position in positions {
                progress.position = position
                switch trial.run(mutator.input(seed: seed, position: position)) {
                case .accepted: progress.count(isAccepted: true)
                case .refused: progress.count(isAccepted: false)
                case .broken(let reason):
                    found = (position, reason)
                    return
                }
            }
        }
        return found
    }
}
