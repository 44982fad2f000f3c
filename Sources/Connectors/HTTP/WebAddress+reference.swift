extension WebAddress {
    /// Where a reference leads from here (RFC 3986, 5.2): absolute, with a path from the root, or relative to this path.
    /// `nil` when it leads nowhere that can be called.
    func resolving(reference: String) -> WebAddress? {
        if reference.contains("://") || reference.hasPrefix("/") { return resolving(location: reference) }
        // Another scheme, as in `mailto:`.
        let colon = reference.firstIndex(of: ":")
        let slash = reference.firstIndex { $0 == "/" || $0 == "?" }
        if let colon, slash.map({ colon < $0 }) ?? true { return nil }
        let path = path
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
        let rest = reference.prefix { $0 != "#" }
        let given = rest.prefix { $0 != "?" }
        let merged = given.isEmpty ? path : Self.withoutDots(folder + given)
        return resolving(location: merged + rest[given.endIndex...])
    }

    /// RFC 3986, 5.2.4.
    private static func withoutDots(_ path: Substring) -> String {
        var segments: [Substring] = []
        let given = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for (place, segment) in given.enumerated() {
            let isLast = place == given.count - 1
            switch segment {
            case ".": if isLast { segments.append("") }
            case "..":
                _ = segments.popLast()
                if isLast { segments.append("") }
            default: segments.append(segment)
            }
        }
        return "/" + segments.joined(separator: "/")
    }
}
