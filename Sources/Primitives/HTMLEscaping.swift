extension StringProtocol {
    /// The text for HTML, inside an element or a quoted attribute.
    ///
    /// It goes by Unicode scalar and not by character: `<` behind a prepending mark (U+0600) and a quote before a
    /// combining one (U+0301) are one character with it, and a browser sees the `<` and the quote all the same. Control
    /// characters, which HTML does not have, become U+FFFD.
    public var htmlEscaped: String {
        var scalars = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar {
            case "<": scalars.append(contentsOf: "&lt;".unicodeScalars)
            case ">": scalars.append(contentsOf: "&gt;".unicodeScalars)
            case "&": scalars.append(contentsOf: "&amp;".unicodeScalars)
            case "\"": scalars.append(contentsOf: "&quot;".unicodeScalars)
            case "'": scalars.append(contentsOf: "&#39;".unicodeScalars)
            case "\t", "\n", "\r": scalars.append(scalar)
            case "\0"..<" ", "\u{7F}"..."\u{9F}": scalars.append("\u{FFFD}")
            default: scalars.append(scalar)
            }
        }
        return String(scalars)
    }
}
