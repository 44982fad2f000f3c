import Database
import Primitives
import TestSupport
import Testing

@Suite("Behind PgBouncer in transaction mode", .timeLimit(.minutes(10)), .serialized)
struct PoolerTests {
    private func withPooler(_ body: (Database, PostgresFixture, PgBouncer) async throws -> Void) async throws {
        let fixture = try await PostgresFixture.database(migrations: LotSchema.directory)
        let pooler = try await PgBouncer.start(before: fixture.cluster)
        var configuration = pooler.configuration(fixture.configuration)
        configuration.limits.appConnections = 3
        let database = Database(configuration, logger: PostgresFixture.logger)
        try await body(database, fixture, pooler)
        await database.shutdown()
        try await fixture.remove()
    }

    @Test("tenants that share one session of the server see only their own, and leave nothing in it")
    func sharedSession() async throws {
        try await withPooler { database, fixture, pooler in
            let all = (0..<8).map { _ in Tenants() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<64 {
                    let tenants = all[number % all.count]
                    group.addTask {
                        if number.isMultiple(of: 2) {
                            _ = try await database.pipeline(
                                tenants.plantScope, [tenants.insertLot("p\(number)"), Tenants.countLots])
                        } else {
                            try await database.transaction(tenants.plantScope) { transaction in
                                try await transaction.execute(tenants.insertLot("t\(number)"))
                                let rows = try await transaction.query("SELECT name FROM millwright.lot")
                                let names: [String] = try rows.column("name")
                                let own = Set((0..<64).filter { $0 % all.count == number % all.count })
                                #expect(names.allSatisfy { own.contains(Int($0.dropFirst()) ?? -1) }, "\(names)")
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            for tenants in all {
                let rows = try await database.pipeline(tenants.plantScope, [Tenants.countLots])
                #expect(try rows[0][0].decode(0, as: Int.self) == 8)
                let sibling = try await database.pipeline(tenants.siblingScope, [Tenants.countLots])
                #expect(try sibling[0][0].decode(0, as: Int.self) == 0)
            }
            let leftovers = try await pooler.query(
                """
                SELECT concat(current_setting('millwright.partner_id', true),
                  current_setting('millwright.client_id', true), current_setting('millwright.plant_id', true), '|',
                  (SELECT count(*) FROM millwright.lot), '|', (SELECT count(*) FROM pg_prepared_statements))
                """, database: fixture.configuration.database)
            #expect(leftovers == "|0|0")
            let sessions = try await fixture.database.pipeline(
                .platform,
                [
                    """
                    SELECT count(*) FROM pg_stat_activity
                    WHERE usename = 'millwright_app' AND datname = current_database()
                    """
                ])
            #expect(try sessions[0][0].decode(0, as: Int.self) == 1, "they did not share a session")
        }
    }

    @Test("a transaction that fails, is cancelled or is too late leaves nothing, and the next one works")
    func failures() async throws {
        try await withPooler { database, _, _ in
            let tenants = Tenants()
            await #expect(throws: DatabaseError.self) {
                try await database.pipeline(tenants.plantScope, [tenants.insertLot("a"), tenants.insertLot("")])
            }
            await #expect(throws: CancellationError.self) {
                try await database.transaction(tenants.plantScope) { transaction in
                    try await transaction.execute(tenants.insertLot("b"))
                    throw CancellationError()
                }
            }
            await #expect(throws: Problem.self) {
                try await database.transaction(tenants.plantScope, deadline: .milliseconds(300)) { transaction in
                    try await transaction.execute(tenants.insertLot("c"))
                    try await transaction.execute("SELECT pg_sleep(600)")
                }
            }
            let rows = try await database.pipeline(tenants.plantScope, [Tenants.countLots])
            #expect(try rows[0][0].decode(0, as: Int.self) == 0)
        }
    }

    @Test("notifications are heard and migrations are made past the pooler")
    func directSessions() async throws {
        try await withPooler { database, _, _ in
            var listener = database.listen("plant.work").makeAsyncIterator()
            #expect(await listener.next() == .reconnected)
            let tenants = Tenants()
            for number in 1...3 {
                _ = try await database.pipeline(
                    tenants.plantScope, ["SELECT pg_notify('plant.work', \("\(number)"))"])
                #expect(await listener.next() == .received(payload: "\(number)"))
            }
            // The pooler does not know the owner's role.
            let plan = try await Migrator(database.configuration, directory: LotSchema.directory).plan()
            #expect(plan.pending.isEmpty && !plan.applied.isEmpty)
        }
    }
}
