@preconcurrency import COniguruma
import JSON
import Synchronization

/// The regular expressions of one program, compiled once. Programs can compute patterns, so the number is bounded.
final class RegexCache: Sendable {
    struct Key: Hashable {
        var source: String
        var options: UInt32
    }

    static let capacity = 64
    private let regexes = Mutex<[Key: Regex]>([:])

    func regex(_ source: String, options: OnigOptionType) throws(Fault) -> Regex {
        let key = Key(source: source, options: UInt32(options))
        if let known = regexes.withLock({ $0[key] }) { return known }
        let made = try Regex(source, options: options)
        regexes.withLock { known in
            if known.count >= Self.capacity { known.removeAll(keepingCapacity: true) }
            known[key] = made
        }
        return made
    }
}
