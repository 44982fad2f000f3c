/// What one document may cost.
package struct YAMLLimits: Sendable, Hashable {
    package var maximumBytes: Int
    /// Sequences and mappings inside each other, aliases unfolded.
    package var maximumDepth: Int
    /// Values of the whole document, aliases unfolded: a few lines of nested aliases can stand for billions.
    package var maximumValues: Int

    package init(maximumBytes: Int = 1 << 20, maximumDepth: Int = 100, maximumValues: Int = 200_000) {
        self.maximumBytes = maximumBytes
        self.maximumDepth = maximumDepth
        self.maximumValues = maximumValues
    }

    package static let `default` = YAMLLimits()
}
