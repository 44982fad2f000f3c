package import Primitives

/// Where Redis is, and as whom to speak to it.
package struct RedisEndpoint: Sendable, CustomStringConvertible {
    package enum Place: Sendable, Hashable {
        case tcp(host: String, port: Int)
        /// The path of a Unix socket.
        case unix(String)
    }

    package static let usualPort = 6379

    package var place: Place
    package var username: String?
    package var password: Redacted<String>?
    /// The number of the database; 0 is the usual one.
    package var database: Int

    package init(_ place: Place, username: String? = nil, password: Redacted<String>? = nil, database: Int = 0) {
        self.place = place
        self.username = username
        self.password = password
        self.database = database
    }

    package struct SyntaxError: Error, CustomStringConvertible {
        package var description: String
    }

    /// Reads `host:port`, `host`, `/path/of/a.sock`, `unix:/path`, or `redis://[user@]host[:port][/database]`.
    package init(_ text: String, password: Redacted<String>? = nil) throws(SyntaxError) {
        if text.hasPrefix("/") {
            self.init(.unix(text), password: password)
        } else if text.hasPrefix("unix:/") {
            let path = text.dropFirst("unix:".count)
            self.init(.unix(path.hasPrefix("//") ? String(path.dropFirst(2)) : String(path)), password: password)
        } else if text.hasPrefix("redis://") {
            try self.init(address: text.dropFirst("redis://".count), password: password)
        } else if text.contains("://") {
            throw SyntaxError(description: "only redis:// is spoken; for TLS put a tunnel or a Unix socket in between")
        } else {
            self.init(try Self.place(text[...]), password: password)
        }
    }

    private init(address: Substring, password: Redacted<String>?) throws(SyntaxError) {
        var rest = address
        var user: String?
        if let at = rest.lastIndex(of: "@") {
            guard !rest[..<at].contains(":") else {
                throw SyntaxError(description: "the password does not belong into the address")
            }
            user = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        var database = 0
        if let slash = rest.firstIndex(of: "/") {
            let number = rest[rest.index(after: slash)...]
            guard number.isEmpty || Int(number).map({ (0...65535).contains($0) }) == true else {
                throw SyntaxError(description: "what follows the slash is the number of a database")
            }
            database = Int(number) ?? 0
            rest = rest[..<slash]
        }
        self.init(
            try Self.place(rest), username: user.flatMap { $0.isEmpty ? nil : $0 }, password: password,
            database: database)
    }

    private static func place(_ text: Substring) throws(SyntaxError) -> Place {
        var host = text
        var port = usualPort
        let isBareV6 = text.count(where: { $0 == ":" }) > 1 && !text.hasPrefix("[")
        if !isBareV6, let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
            guard let number = Int(text[text.index(after: colon)...]), (1...65535).contains(number) else {
                throw SyntaxError(description: "the port is a number from 1 to 65535")
            }
            port = number
            host = text[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, host.allSatisfy({ !$0.isWhitespace && $0 != "@" && $0 != "/" }) else {
            throw SyntaxError(description: "a host, a host:port, a path or a redis:// address is needed")
        }
        return .tcp(host: String(host), port: port)
    }

    /// Without the password.
    package var description: String {
        switch place {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}
