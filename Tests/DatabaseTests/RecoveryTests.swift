import Database
import Primitives
import TestSupport
import Testing

@Suite("A server that goes away", .timeLimit(.minutes(10)), .serialized)
struct RecoveryTests {
    let tenants = Tenants()

    private func configure(_ configuration: inout DatabaseConfiguration) {
        configuration.limits.appConnections = 2
        configuration.limits.unavailablePatience = .seconds(30)
    }

    @Test("a restart fails what is under way with an error that may be retried, and the pool recovers unaided")
    func restart() async throws {
        let cluster = try await PostgresCluster.temporary()
        let fixture = try await PostgresFixture.database(
            on: cluster, migrations: LotSchema.directory, configure: configure)
        let database = fixture.database
        _ = try await database.pipeline(tenants.plantScope, [tenants.insertLot("a")])
        let underWay = Task { [tenants] in
            try await database.transaction(tenants.plantScope) { transaction in
                try await transaction.execute(tenants.insertLot("b"))
                try await transaction.execute("SELECT pg_sleep(600)")
            }
        }
        while database.statistics.sends < 3 { await Task.yield() }
        try await cluster.restart()
        let error = await #expect(throws: DatabaseError.self) { try await underWay.value }
        #expect(error?.isRetryable == true, "\(String(describing: error))")
        let rows = try await database.retrying { try await database.pipeline(tenants.plantScope, [Tenants.countLots]) }
        #expect(try rows[0][0].decode(0, as: Int.self) == 1)
        try await fixture.remove()
        try await cluster.stop()
    }

    @Test("a crash during the commit leaves the outcome unknown, and says so")
    func crashDuringCommit() async throws {
        let cluster = try await PostgresCluster.temporary()
        let fixture = try await PostgresFixture.database(
            on: cluster, migrations: LotSchema.directory, configure: configure)
        let database = fixture.database
        let commits: [@Sendable () async throws -> Void] = [
            { [tenants] in _ = try await database.pipeline(tenants.partnerScope, [tenants.insertDiary(1)]) },
            { [tenants] in
                _ = try await database.transaction(tenants.partnerScope) {
                    try await $0.execute(tenants.insertDiary(2))
                }
            },
        ]
        // The transaction that keeps the gate is cut off with the rest.
        do {
            try await Gate.closed(Gate.commits, database) {
                let waiting = commits.map { commit in Task { try await commit() } }
                try await Gate.untilWaiting(2, database)
                try await cluster.crash()
                for task in waiting {
                    let error = await #expect(throws: DatabaseError.self) { try await task.value }
                    #expect(error?.kind == .outcomeUnknown)
                    #expect(error?.isRetryable == false)
                }
            }
            Issue.record("a transaction has survived the crash of its server")
        } catch let error as DatabaseError {
            #expect(error.kind == .connectionLost)
        }

        // What arrives while the server is away waits for it.
        let early = Task { [tenants] in
            try await database.pipeline(tenants.partnerScope, ["SELECT count(*) FROM millwright.diary"])
        }
        try await cluster.start()
        #expect(try await early.value[0][0].decode(0, as: Int.self) == 0)
        try await fixture.remove()
        try await cluster.stop()
    }

    @Test("while no server can be reached, who waits is told so before the deadline")
    func unreachable() async throws {
        var configuration = DatabaseConfiguration(host: "/nonexistent", database: "none")
        configuration.limits.unavailablePatience = .milliseconds(50)
        let database = Database(configuration, logger: PostgresFixture.logger)
        let error = await #expect(throws: DatabaseError.self) {
            try await database.pipeline(tenants.plantScope, [Tenants.countLots])
        }
        #expect(error?.kind == .unavailable)
        #expect(error?.message.contains("/nonexistent") == true)
        #expect(error?.problem.code == .unavailable)
        await database.shutdown()
    }
}
