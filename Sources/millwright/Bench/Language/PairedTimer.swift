import Glibc

/// Times two sides of the same work in turns, so that whatever else the machine does falls on both.
enum PairedTimer {
    struct Times: Sendable {
        /// Microseconds for one turn of the work in the quickest round: other work on the machine only ever adds.
        var ours: Double
        var peer: Double
        /// How many times faster ours is.
        var ratio: Double { ours > 0 ? peer / ours : 0 }
    }

    /// - Parameters:
    ///   - rounds: of each side, one after the other.
    ///   - seconds: what a round of one side should take; how often the work is repeated in it follows from that.
    static func measure(
        rounds: Int, seconds: Double, ours: () throws -> Void, peer: () throws -> Void
    ) rethrows -> Times {
        let turnsOfOurs = try turns(seconds, ours)
        let turnsOfPeer = try turns(seconds, peer)
        var times: (ours: [Double], peer: [Double]) = ([], [])
        for _ in 0..<rounds {
            times.ours.append(try microseconds(turnsOfOurs, ours))
            times.peer.append(try microseconds(turnsOfPeer, peer))
        }
        return Times(ours: times.ours.min() ?? 0, peer: times.peer.min() ?? 0)
    }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }

    /// Microseconds for one turn.
    private static func microseconds(_ turns: Int, _ work: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        for _ in 0..<turns { try work() }
        return (ContinuousClock.now - start) / .microseconds(1) / Double(turns)
    }

    /// How often the work must be repeated to fill a round. Warms it up as well.
    private static func turns(_ seconds: Double, _ work: () throws -> Void) rethrows -> Int {
        var turns = 1
        while true {
            let spent = try microseconds(turns, work) * Double(turns) / 1e6
            if spent >= seconds / 4 { return max(1, Int(Double(turns) * seconds / spent)) }
            turns *= spent < seconds / 40 ? 8 : 2
        }
    }
}

/// The mean of ratios: one that is twice as good weighs as much as one that is half as good.
enum GeometricMean {
    static func of(_ ratios: [Double]) -> Double {
        guard !ratios.isEmpty, ratios.allSatisfy({ $0 > 0 }) else { return 0 }
        return exp(ratios.map { log($0) }.reduce(0, +) / Double(ratios.count))
    }
}
