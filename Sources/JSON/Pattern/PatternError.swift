/// Why a text cannot be used as a regular expression.
struct PatternError: Error, Sendable, Hashable {
    /// The end of a sentence: "… cannot be used: it has an unmatched parenthesis".
    var reason: String
}
