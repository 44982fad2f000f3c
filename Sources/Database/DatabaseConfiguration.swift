package import Primitives

/// Where PostgreSQL is, and how many connections each role may hold.
package struct DatabaseConfiguration: Sendable {
    /// A directory that holds the server's Unix socket (it starts with `/`), or a host name. Several, separated by commas
    /// and each with its own `:port` if need be, are a primary and its standbys: whichever takes writes is used.
    package var host: String
    package var port: Int
    package var database: String
    package var passwords: Passwords
    /// `sslmode` of libpq; a Unix socket has no TLS whatever this says.
    package var tls: TLS
    /// `false` behind PgBouncer in transaction mode, where a prepared statement belongs to somebody else's session.
    package var preparedStatements: Bool
    /// The server itself when `host` is a pooler: notifications and migrations need a session of their own.
    package var directHost: String?
    package var directPort: Int?
    package var limits: Limits

    package init(host: String, port: Int = 5432, database: String) {
        self.host = host
        self.port = port
        self.database = database
        passwords = Passwords()
        tls = host.split(separator: ",").allSatisfy { $0.hasPrefix("/") } ? .prefer : .verifyFull
        preparedStatements = true
        limits = Limits()
    }

    /// The roles that the bootstrap creates.
    package enum Role: String, Sendable, CaseIterable {
        case app = "millwright_app"
        case platform = "millwright_platform"
        case owner = "millwright_owner"
    }

    package struct Passwords: Sendable {
        package var app: Redacted<String>?
        package var platform: Redacted<String>?
        package var owner: Redacted<String>?
        package init() {}

        func of(_ role: Role) -> Redacted<String>? {
            switch role {
            case .app: app
            case .platform: platform
            case .owner: owner
            }
        }
    }

    package enum TLS: String, Sendable {
        case disable
        case prefer
        case require
        case verifyFull = "verify-full"
    }

    package struct Limits: Sendable {
        package var appConnections = 4
        package var platformConnections = 2
        /// Requests that may wait for a connection, for each pool; the next one is refused at once.
        package var waitingRequests = 4096
        /// Pipelines that may be under way on one connection when all are busy. With two the server never waits for
        /// this process to hear of the first; more would only stand longer behind a slow one.
        package var pipelinesPerConnection = 2
        package var preparedStatementsPerConnection = 256
        /// Bytes of the answer to one statement, as they come from the server. libpq holds an answer as a whole: without a
        /// bound one careless query would take the process with it.
        package var answerBytes = 64 << 20
        package var answerRows = 1_000_000
        package var connectTimeout: Duration = .seconds(5)
        /// How long a request waits while no connection at all can be made, before it is told that there is none.
        package var unavailablePatience: Duration = .seconds(5)
        /// How long a cancelled statement, a commit or a rollback may take before the connection is given up.
        package var drainGrace: Duration = .seconds(5)
        /// How long to wait for a cancel request to have an effect before it is sent again.
        package var cancelRepeat: Duration = .milliseconds(200)
        package var reconnectBase: Duration = .milliseconds(50)
        package var reconnectCeiling: Duration = .seconds(5)
        /// How long `shutdown` waits for the transactions under way.
        package var shutdownGrace: Duration = .seconds(10)
        package init() {}
    }
}
