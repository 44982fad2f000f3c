package import JSON
package import Primitives

/// One way in which time starts runs of a workflow, with how it behaves.
package struct TimedRule: Sendable, Hashable {
    package enum Timing: Sendable, Hashable {
        case every(seconds: Double)
        case cron(CronExpression)
        case after(seconds: Double)
    }

    package enum Kind: String, Sendable, Hashable, CaseIterable { case every, cron, after }

    package var timing: Timing
    package var policy: SchedulePolicy

    package init(_ timing: Timing, _ policy: SchedulePolicy = SchedulePolicy()) {
        self.timing = timing
        self.policy = policy
    }

    package var kind: Kind {
        switch timing {
        case .every: .every
        case .cron: .cron
        case .after: .after
        }
    }

    /// Whether its moments depend on a time zone.
    package var needsZone: Bool { kind == .cron }

    /// The first moment later than `moment`. `nil` for `after`, whose moments follow from the ends of runs.
    /// - Parameter anchor: when the workflow was enabled, from which `every` counts.
    package func next(after moment: Timestamp, anchor: Timestamp, in zone: TimeZoneRules) -> Timestamp? {
        switch timing {
        case .every(let seconds):
            let interval = max(1, Int64((seconds * 1_000_000).rounded()))
            let passed = (moment.unixMicroseconds - anchor.unixMicroseconds).floored(by: interval)
            return Timestamp(unixMicroseconds: anchor.unixMicroseconds + max(1, passed + 1) * interval)
        case .cron(let expression): return expression.next(after: moment, in: zone)
        case .after: return nil
        }
    }

    /// The last moment in `(lower, upper]`, found by halving: a year of seconds is 25 steps.
    package func latest(
        after lower: Timestamp, upTo upper: Timestamp, anchor: Timestamp, in zone: TimeZoneRules
    ) -> Timestamp? {
        guard var found = next(after: lower, anchor: anchor, in: zone), found <= upper else { return nil }
        var end = upper.unixMicroseconds
        while found.unixMicroseconds < end {
            let middle = found.unixMicroseconds + (end - found.unixMicroseconds) / 2
            let candidate = next(after: Timestamp(unixMicroseconds: middle), anchor: anchor, in: zone)
            if let candidate, candidate <= upper { found = candidate } else { end = middle }
        }
        return found
    }

    /// By how much the run of a moment starts late, from 0 up to the policy's jitter. Always the same for the same key and
    /// moment, so that every control plane agrees.
    package func delaySeconds(at moment: Timestamp, key: String) -> Double {
        guard policy.jitterSeconds > 0 else { return 0 }
        let hash = StableHash.of("\(key) \(moment.unixMicroseconds)".utf8)
        return policy.jitterSeconds * Double(hash >> 11) / Double(UInt64(1) << 53)
    }

    /// The input of a run that time starts. The specification leaves it open.
    package static func input(scheduledAt moment: Timestamp) -> JSONValue {
        ["scheduledAt": .string(moment.description)]
    }
}

/// FNV-1a with a final mix: the same on every machine and in every process. Not against anybody who chooses the input.
package enum StableHash {
    package static func of(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        hash ^= hash >> 33
        hash = hash &* 0xFF51_AFD7_ED55_8CCD
        return hash ^ hash >> 33
    }
}

extension Int64 {
    /// Division that rounds down also below zero.
    func floored(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
