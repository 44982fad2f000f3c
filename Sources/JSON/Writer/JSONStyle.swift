/// How a value is written.
public enum JSONStyle: Sendable, Hashable {
    /// Without any white space, keys in their order, numbers by their literal.
    case compact
    /// Two spaces for each level, one member a line.
    case pretty
    /// One text for all equal values, for digests and signatures: keys sorted as RFC 8785 sorts them (by UTF-16 code
    /// units) and numbers in the form it gives them, except that a number which no double holds keeps all its digits.
    case canonical
}
