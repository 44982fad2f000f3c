/// Whether a text is a URI (RFC 3986) or an IRI (RFC 3987), or a reference to one.
struct URIFormat {
    private let parts: URIReference
    private let allowsUnicode: Bool

    init(_ text: String, allowsUnicode: Bool) {
        parts = URIReference(text)
        self.allowsUnicode = allowsUnicode
    }

    var isURI: Bool { parts.scheme != nil && isReference }

    var isReference: Bool {
        // Without a scheme, a colon in the first segment would have ended one.
        if parts.scheme == nil, parts.authority == nil, parts.path.prefix(while: { $0 != "/" }).contains(":") {
            return false
        }
        return (parts.authority.map(isAuthority) ?? true) && has(parts.path, only: "/:@")
            && has(parts.query ?? "", only: "/?:@", mayBePrivate: true) && has(parts.fragment ?? "", only: "/?:@")
    }

    private func isAuthority(_ text: String) -> Bool {
        var host = Substring(text)
        if let at = text.lastIndex(of: "@") {
            if !has(text[..<at], only: ":") { return false }
            host = text[text.index(after: at)...]
        }
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return false }
            let port = host[host.index(after: end)...]
            return isLiteral(host[host.index(after: host.startIndex)..<end]) && (port.isEmpty || isPort(port))
        }
        guard let colon = host.firstIndex(of: ":") else { return has(host, only: "") }
        return has(host[..<colon], only: "") && isPort(host[colon...])
    }

    private func isPort(_ text: Substring) -> Bool {
        text.first == ":" && text.dropFirst().utf8.allSatisfy { $0 &- Ascii.zero < 10 }
    }

    private func isLiteral(_ text: Substring) -> Bool {
        if NetworkFormat.isIPv6(Array(text.utf8)[...]) { return true }
        guard text.first == "v" || text.first == "V", let point = text.firstIndex(of: ".") else { return false }
        let version = text[..<point].dropFirst()
        let address = text[text.index(after: point)...]
        return !version.isEmpty && version.utf8.allSatisfy { hexDigit($0) != nil } && !address.isEmpty
            && has(address, only: ":")
    }

    /// Unreserved characters, sub-delimiters, percent-encoded bytes, and the given others.
    private func has(_ text: some StringProtocol, only others: String, mayBePrivate: Bool = false) -> Bool {
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if scalar == "%" {
                for _ in 0..<2 {
                    guard let digit = rest.popFirst(), digit.isASCII, hexDigit(UInt8(digit.value)) != nil else {
                        return false
                    }
                }
                continue
            }
            let isAllowed =
                scalar.isASCII
                ? NetworkFormat.isLetterOrDigit(UInt8(scalar.value))
                    || "-._~!$&'()*+,;=".unicodeScalars.contains(scalar)
                    || others.unicodeScalars.contains(scalar)
                : allowsUnicode && scalar.value >= 0xA0
                    && (mayBePrivate || scalar.properties.generalCategory != .privateUse)
            if !isAllowed { return false }
        }
        return true
    }
}
