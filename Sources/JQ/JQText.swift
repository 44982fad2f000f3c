public import JSON

/// Values as text in jq's own notation, which differs from that of `JSON` in what `tojson` and the terminal show: numbers
/// in the form of decimal arithmetic (`1e3` is `1E+3`, `100e-2` is `1.00`), DEL as an escape, NaN as null.
public enum JQText {
    /// How a value is laid out.
    public enum Layout: Sendable, Hashable {
        /// On one line, without white space.
        case compact
        /// Two spaces for each level, one member a line.
        case pretty
    }

    /// The text of a value in UTF-8, without a newline at its end. What is nested more than 10,000 levels deep is left out.
    /// Writing takes some of the thread's stack for each level.
    public static func bytes(_ value: JSONValue, _ layout: Layout = .compact) -> [UInt8] {
        var writer = ValueText(limitBytes: .max)
        writer.isPretty = layout == .pretty
        writer.write(value)
        return writer.bytes
    }
}
