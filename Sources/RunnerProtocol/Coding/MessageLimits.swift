package import JSON

/// What either end of `sync` reads before it gives up on a message.
package enum MessageLimits {
    package static let maximumBytes = 64 << 20
    /// The engine lets a value nest 200 levels; a state holds values a few levels down, and a message holds states.
    package static let maximumDepth = 512
    /// Rows of any list in a message: commits, work, journal entries, waits.
    package static let maximumElements = 100_000

    /// Members of objects, and elements of arrays, in all: a message as a tree takes many times its text, and many small values
    /// the most.
    package static let maximumMembers = 4_000_000
    package static let maximumItems = 8_000_000

    package static let json = JSONLimits(
        maximumBytes: maximumBytes, maximumDepth: maximumDepth, maximumKeys: maximumMembers,
        maximumElements: maximumItems, rejectDuplicateKeys: true)
}
