import Primitives
import Testing

@testable import Database

@Suite("The servers that a configuration names")
struct DatabaseServersTests {
    @Test("one server is taken as it is")
    func one() {
        let socket = DatabaseServers("/run/postgres:odd", port: 5432)
        #expect(socket.hosts == "/run/postgres:odd")
        #expect(socket.ports == "5432")
        #expect(!socket.areSeveral)
        #expect(DatabaseServers("db.example:6000", port: 5432).ports == "6000")
        #expect(DatabaseServers("::1", port: 5432).hosts == "::1")
    }

    @Test("a primary and its standbys keep each its own port, whatever the order of an attempt")
    func several() {
        var orders: Set<String> = []
        for _ in 0..<50 {
            let servers = DatabaseServers("a.example:6001, [::1]:6002,c.example", port: 5432)
            #expect(servers.areSeveral)
            let pairs = zip(servers.hosts.split(separator: ","), servers.ports.split(separator: ","))
            #expect(Set(pairs.map { "\($0)=\($1)" }) == ["a.example=6001", "::1=6002", "c.example=5432"])
            orders.insert(servers.hosts)
        }
        // A server that says nothing must not stand before the others in every attempt.
        #expect(orders.count > 1)
    }

    @Test("a full disk or a standby is a database that is away, and no mistake of the program")
    func outOfResources() {
        for state in ["53100", "53200", "25006", "57P03"] {
            let error = DatabaseError(.server, "no", sqlState: state)
            #expect(error.isRetryable)
            #expect(error.problem.code == .unavailable)
        }
        #expect(DatabaseError(.server, "no", sqlState: "40001").problem.code == .conflict)
    }
}
