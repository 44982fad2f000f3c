/// What counts as time for a promise or a duration: the argument `calendar`.
package enum TimeKind: String, Sendable, Hashable, CaseIterable {
    /// The plant's business calendar, in the plant's time zone.
    case plant
    /// Every second.
    case elapsed
}
