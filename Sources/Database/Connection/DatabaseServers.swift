/// The servers that `host` of a configuration names, as libpq takes them: a primary and its standbys are named together,
/// separated by commas, and whichever takes writes is used.
///
/// An element may carry its own port, `db1.example:5433` or `[::1]:5433`; a directory with a Unix socket has none.
struct DatabaseServers: Equatable {
    private(set) var hosts = ""
    private(set) var ports = ""
    let areSeveral: Bool

    /// The order changes from one attempt to the next: a server that answers nothing at all takes the whole time of an
    /// attempt, and would hide those behind it for ever.
    init(_ host: String, port: Int) {
        var generator = SystemRandomNumberGenerator()
        self.init(host, port: port, using: &generator)
    }

    init(_ host: String, port: Int, using generator: inout some RandomNumberGenerator) {
        let named = host.split(separator: ",").map { Self.server($0, port) }
        areSeveral = named.count > 1
        for (host, port) in areSeveral ? named.shuffled(using: &generator) : named {
            hosts += (hosts.isEmpty ? "" : ",") + host
            ports += (ports.isEmpty ? "" : ",") + port
        }
    }

    private static func server(_ text: Substring, _ port: Int) -> (String, String) {
        let name = text.drop { $0 == " " }
        if name.hasPrefix("[") {
            let parts = name.dropFirst().split(separator: "]", maxSplits: 1)
            let own = parts.count > 1 ? parts[1].dropFirst() : ""
            return (String(parts.first ?? ""), own.isEmpty ? String(port) : String(own))
        }
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        // More than one colon is an IPv6 address without a port.
        guard !name.hasPrefix("/"), parts.count == 2 else { return (String(name), String(port)) }
        return (String(parts[0]), String(parts[1]))
    }
}
