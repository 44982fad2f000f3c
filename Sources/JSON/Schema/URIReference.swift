/// A URI or a reference to one (RFC 3986), taken apart and resolved, but not normalised.
struct URIReference: Hashable {
    var scheme: String?
    var authority: String?
    var path = ""
    var query: String?
    /// Still percent-encoded.
    var fragment: String?

    init(_ text: String) {
        var rest = Substring(text)
        if let hash = rest.firstIndex(of: "#") {
            fragment = String(rest[rest.index(after: hash)...])
            rest = rest[..<hash]
        }
        if let mark = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        if let colon = rest.firstIndex(of: ":"), Self.isScheme(rest[..<colon]) {
            scheme = String(rest[..<colon])
            rest = rest[rest.index(after: colon)...]
        }
        if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
            let slash = rest.firstIndex(of: "/") ?? rest.endIndex
            authority = String(rest[..<slash])
            rest = rest[slash...]
        }
        path = String(rest)
    }

    static func isScheme(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, (first | 0x20) &- 0x61 < 26 else { return false }
        return text.utf8.allSatisfy { byte in
            (byte | 0x20) &- 0x61 < 26 || byte &- Ascii.zero < 10 || byte == Ascii.plus || byte == Ascii.minus
                || byte == Ascii.point
        }
    }

    /// RFC 3986, 5.2.2.
    func resolved(against base: URIReference) -> URIReference {
        var target = self
        if scheme != nil {
            target.path = Self.removingDotSegments(path)
            return target
        }
        target.scheme = base.scheme
        if authority != nil {
            target.path = Self.removingDotSegments(path)
            return target
        }
        target.authority = base.authority
        if path.isEmpty {
            target.path = base.path
            if query == nil { target.query = base.query }
        } else if path.hasPrefix("/") {
            target.path = Self.removingDotSegments(path)
        } else {
            target.path = Self.removingDotSegments(merged(with: base))
        }
        return target
    }

    private func merged(with base: URIReference) -> String {
        if base.authority != nil, base.path.isEmpty { return "/" + path }
        guard let slash = base.path.lastIndex(of: "/") else { return path }
        return base.path[...slash] + path
    }

    private static func removingDotSegments(_ path: String) -> String {
        guard path.contains(".") else { return path }
        let isAbsolute = path.hasPrefix("/")
        var kept: [Substring] = []
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst(isAbsolute ? 1 : 0)
        for (offset, segment) in segments.enumerated() {
            let isLast = offset == segments.count - 1
            switch segment {
            case ".": if isLast { kept.append("") }
            case "..":
                _ = kept.popLast()
                if isLast { kept.append("") }
            default: kept.append(segment)
            }
        }
        return (isAbsolute ? "/" : "") + kept.joined(separator: "/")
    }

    var withoutFragment: String {
        var copy = self
        copy.fragment = nil
        return copy.description
    }

    /// The fragment without percent-encoding; nil when it is not UTF-8.
    var decodedFragment: String? {
        guard let fragment else { return "" }
        var units: [UInt8] = []
        var rest = fragment.utf8[...]
        while let unit = rest.popFirst() {
            if unit == 0x25, let high = rest.first.flatMap(hexDigit), let low = rest.dropFirst().first.flatMap(hexDigit)
            {
                units.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                units.append(unit)
            }
        }
        return String(validating: units, as: UTF8.self)
    }
}

extension URIReference: CustomStringConvertible {
    var description: String {
        (scheme.map { $0 + ":" } ?? "") + (authority.map { "//" + $0 } ?? "") + path + (query.map { "?" + $0 } ?? "")
            + (fragment.map { "#" + $0 } ?? "")
    }
}

/// The value of a hexadecimal digit.
func hexDigit(_ byte: UInt8) -> UInt8? {
    if byte &- Ascii.zero < 10 { return byte &- Ascii.zero }
    let letter = byte | 0x20
    return letter >= 0x61 && letter <= 0x66 ? letter &- 0x57 : nil
}
