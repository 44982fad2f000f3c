/// An absolute `http` or `https` address, taken apart. No user information, no fragment.
package struct WebAddress: Sendable, Hashable, CustomStringConvertible {
    package enum Scheme: String, Sendable, Hashable { case http, https }

    package struct SyntaxError: Error, Sendable, CustomStringConvertible {
        package var description: String
    }

    package var scheme: Scheme
    package var host: HostName
    package var port: Int
    /// Begins with `/`; percent-encoded; with the query, when there is one.
    package var target: String

    package init(_ text: String) throws(SyntaxError) {
        guard let separator = text.range(of: "://") else {
            throw SyntaxError(description: "an address begins with http:// or https://")
        }
        guard let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased()) else {
            throw SyntaxError(description: "only http and https can be called")
        }
        let rest = text[separator.upperBound...].prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else {
            throw SyntaxError(description: "an address must not hold a user or a password; use a credential")
        }
        (host, port) = try Self.splitAuthority(authority, defaultPort: scheme == .https ? 443 : 80)
        self.scheme = scheme
        let target = rest[authority.endIndex...]
        guard !target.contains(where: { $0 == "{" || $0 == "}" }) else {
            throw SyntaxError(description: "the address has a placeholder without a value")
        }
        self.target = target.hasPrefix("/") ? PercentEncoding.lenient(target) : "/" + PercentEncoding.lenient(target)
    }

    static func splitAuthority(
        _ authority: Substring, defaultPort: Int?
    ) throws(SyntaxError) -> (host: HostName, port: Int) {
        var hostText = authority
        var portText: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else {
                throw SyntaxError(description: "the host is malformed")
            }
            hostText = authority[...end]
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { throw SyntaxError(description: "the host is malformed") }
            if !rest.isEmpty { portText = rest.dropFirst() }
        } else if let colon = authority.firstIndex(of: ":") {
            hostText = authority[..<colon]
            portText = authority[authority.index(after: colon)...]
        }
        guard let host = HostName(hostText) else { throw SyntaxError(description: "the host is malformed") }
        guard let portText else {
            guard let defaultPort else { throw SyntaxError(description: "the port is missing") }
            return (host, defaultPort)
        }
        guard portText.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = Int(portText), (1...65535).contains(port)
        else { throw SyntaxError(description: "the port is not a number from 1 to 65535") }
        return (host, port)
    }

    package var isDefaultPort: Bool { port == (scheme == .https ? 443 : 80) }

    /// As the `Host` header has it.
    package var authority: String { isDefaultPort ? host.bracketed : "\(host.bracketed):\(port)" }

    package var path: String { String(target.prefix { $0 != "?" }) }

    package var description: String { "\(scheme.rawValue)://\(authority)\(target)" }

    /// Appends a path that begins with `/` to a base address, whose own query is dropped.
    package func appending(path: String, query: [(name: String, value: String)] = []) -> WebAddress {
        var address = self
        var base = self.path
        while base.hasSuffix("/") { base.removeLast() }
        address.target = base + path
        return address.adding(query: query)
    }

    package func adding(query: [(name: String, value: String)]) -> WebAddress {
        guard !query.isEmpty else { return self }
        var address = self
        let pairs = query.map { PercentEncoding.component($0.name) + "=" + PercentEncoding.component($0.value) }
        address.target += (target.contains("?") ? "&" : "?") + pairs.joined(separator: "&")
        return address
    }

    /// Where a `Location` header leads from here; `nil` when it leads nowhere that can be called.
    package func resolving(location: String) -> WebAddress? {
        if location.hasPrefix("//") { return try? WebAddress("\(scheme.rawValue):\(location)") }
        if location.hasPrefix("/") { return try? WebAddress("\(scheme.rawValue)://\(authority)\(location)") }
        return try? WebAddress(location)
    }
}

extension String {
    /// `range(of:)` without Foundation.
    func range(of needle: String) -> Range<String.Index>? { firstRange(of: needle) }
}
