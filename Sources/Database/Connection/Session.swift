import CPostgres
import Glibc
import Primitives

/// How one session is opened: the parameters that libpq takes.
struct SessionParameters: Sendable {
    var host: String
    var port: Int
    var database: String
    var user: String
    var password: Redacted<String>?
    var tls: DatabaseConfiguration.TLS
    var connectTimeout: Duration

    /// - Parameter directly: past a pooler, for what keeps something in its session.
    init(_ configuration: DatabaseConfiguration, role: DatabaseConfiguration.Role, directly: Bool = false) {
        host = (directly ? configuration.directHost : nil) ?? configuration.host
        port = (directly ? configuration.directPort : nil) ?? configuration.port
        database = configuration.database
        user = role.rawValue
        password = configuration.passwords.of(role)
        tls = configuration.tls
        connectTimeout = configuration.limits.connectTimeout
    }

    /// Starts to connect; drive it with `PQconnectPoll`. Nothing is read from the environment that is set here, and
    /// what is not set here (a service file, a password file) stays with the operator.
    func start() -> OpaquePointer? {
        let servers = DatabaseServers(host, port: port)
        var settings = [
            ("host", servers.hosts), ("port", servers.ports), ("dbname", database), ("user", user),
            ("application_name", "millwright"), ("client_encoding", "UTF8"), ("sslmode", tls.rawValue),
            // A dead peer is noticed within a minute even when nothing is being sent.
            ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "30000"), ("gssencmode", "disable"),
        ]
        if let password { settings.append(("password", password.reveal())) }
        // Of a primary and its standbys, only the one that takes writes is of use.
        if servers.areSeveral { settings.append(("target_session_attrs", "read-write")) }
        var keywords: [UnsafePointer<CChar>?] = settings.map { UnsafePointer(strdup($0.0)) } + [nil]
        var values: [UnsafePointer<CChar>?] = settings.map { UnsafePointer(strdup($0.1)) } + [nil]
        defer {
            for pointer in keywords + values { free(UnsafeMutablePointer(mutating: pointer)) }
        }
        return PQconnectStartParams(&keywords, &values, 0)
    }
}

extension OpaquePointer {
    /// libpq's last words about a connection, on one line. They name the host and the user, never the password.
    var lastMessage: String {
        guard let text = PQerrorMessage(self) else { return "no reason given" }
        let lines = String(cString: text).split(separator: "\n").map { line in
            String(line.drop { $0 == " " || $0 == "\t" })
        }
        return lines.joined(separator: "; ")
    }
}

extension DatabaseError {
    /// The error in a result of libpq.
    init(result: OpaquePointer) {
        func field(_ code: Character) -> String? {
            guard let ascii = code.asciiValue, let text = PQresultErrorField(result, Int32(ascii)) else { return nil }
            return String(cString: text)
        }
        self.init(
            .server, field("M") ?? "the server gave no reason", sqlState: field("C"), constraint: field("n"),
            table: field("t"), column: field("c"))
    }

    /// Whether the server ended the session with this error.
    static func isFatal(_ result: OpaquePointer) -> Bool {
        guard let severity = PQresultErrorField(result, Int32(UInt8(ascii: "V"))) else {
            // libpq made the error itself: the connection is gone.
            return true
        }
        return severity[0] != CChar(bitPattern: UInt8(ascii: "E"))
    }
}
