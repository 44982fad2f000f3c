import Database
import Primitives
import TestSupport
import Testing

@Suite("Prepared statements", .timeLimit(.minutes(10)))
struct PreparedStatementTests {
    let tenants = Tenants()

    private let variety: [Statement] = [
        "SELECT 1", "SELECT 2", "SELECT 3", "SELECT 4", "SELECT 5", "SELECT 6", "SELECT 7", "SELECT 8", "SELECT 9",
    ]

    @Test("the same call site is prepared once, whatever its values; another text or type is another statement")
    func once() async throws {
        try await withLots(configure: { $0.limits.appConnections = 1 }) { database in
            for index in 0..<5 { _ = try await database.pipeline(tenants.plantScope, [tenants.insertLot("\(index)")]) }
            // The insert and the scope.
            #expect(database.statistics.prepares == 2)
            func select<Value: PostgresEncodable>(_ value: Value) -> Statement { "SELECT \(value)" }
            _ = try await database.pipeline(tenants.plantScope, [select(1), select("1"), select(2), select(true)])
            #expect(database.statistics.prepares == 5)
        }
    }

    @Test("the least recently used goes when there are too many, on the server too")
    func eviction() async throws {
        func configure(_ configuration: inout DatabaseConfiguration) {
            configuration.limits.platformConnections = 1
            configuration.limits.preparedStatementsPerConnection = 4
        }
        try await withLots(configure: configure) { database in
            let keeper: Statement = "SELECT count(*) FROM pg_prepared_statements"
            for round in 0..<3 {
                for (index, statement) in variety.enumerated() {
                    let rows = try await database.pipeline(.platform, [statement, keeper])
                    #expect(try rows[0][0].decode(0, as: Int.self) == index + 1, "round \(round)")
                    #expect(try rows[1][0].decode(0, as: Int.self) <= 5)
                }
            }
            #expect(database.statistics.evictions >= 20)
            // The one that was used each time was never evicted.
            #expect(database.statistics.prepares == 27 + 1)
        }
    }

    @Test("inside one transaction more statements may be used than the limit")
    func manyInOneTransaction() async throws {
        try await withLots(configure: { $0.limits.preparedStatementsPerConnection = 2 }) { database in
            for _ in 0..<2 {
                try await database.transaction(tenants.plantScope) { transaction in
                    for (index, statement) in variety.enumerated() {
                        #expect(try await transaction.one(statement)?.decode(0) == index + 1)
                    }
                    let rows = try await transaction.batch(variety)
                    #expect(try rows.map { try $0[0].decode(0, as: Int.self) } == Array(1...9))
                }
            }
        }
    }

    @Test("a statement that cannot be prepared gives its own error to everybody who sends it")
    func refused() async throws {
        try await withLots(configure: { $0.limits.appConnections = 1 }) { database in
            let wrong: Statement = "SELECT * FROM millwright.no_such_table"
            let errors = await withTaskGroup(of: DatabaseError?.self) { group in
                for _ in 0..<6 {
                    group.addTask { [tenants] in
                        do {
                            _ = try await database.pipeline(tenants.plantScope, [wrong])
                            return nil
                        } catch { return error as? DatabaseError }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(errors.map { $0?.sqlState } == Array(repeating: "42P01", count: 6))
            let inside = await #expect(throws: DatabaseError.self) {
                try await database.transaction(tenants.plantScope) { transaction in
                    try await transaction.execute(tenants.insertLot("a"))
                    try await transaction.execute(wrong)
                }
            }
            #expect(inside?.sqlState == "42P01")
            let rows = try await database.pipeline(tenants.plantScope, [Tenants.countLots])
            #expect(try rows[0][0].decode(0, as: Int.self) == 0)
        }
    }

    @Test("when a table changes its shape, a pipeline does not notice and a transaction may be tried again")
    func stalePlan() async throws {
        let fixture = try await PostgresFixture.database(migrations: LotSchema.directory) {
            $0.limits.appConnections = 1
        }
        let database = fixture.database
        let everything: Statement = "SELECT * FROM millwright.diary"
        func change(_ statement: String) async throws {
            try await SuperuserSession.run(statement, on: database)
        }
        _ = try await database.pipeline(tenants.partnerScope, [everything])
        try await change("ALTER TABLE millwright.diary ADD COLUMN first text")
        _ = try await database.pipeline(tenants.partnerScope, [tenants.insertDiary(1), everything])
        try await change("ALTER TABLE millwright.diary ADD COLUMN second text")
        var attempts = 0
        let rows = try await database.retrying {
            attempts += 1
            return try await database.transaction(tenants.partnerScope) { try await $0.query(everything) }
        }
        #expect(attempts == 2)
        #expect(try rows[0].isNull("second"))
        // Somebody else's DISCARD, as a pooler may send it.
        _ = try await database.pipeline(tenants.partnerScope, ["DEALLOCATE ALL"])
        let after = try await database.pipeline(tenants.partnerScope, [everything])
        #expect(after[0].count == 1)
        try await fixture.remove()
    }

    @Test("more values than the protocol can count are refused, and the connection goes on")
    func tooManyValues() async throws {
        try await withLots(configure: { $0.limits.appConnections = 1 }) { database in
            var list: Statement = "\(0)"
            for _ in 0..<16 { list = "\(fragment: list), \(fragment: list)" }
            let statement: Statement = "SELECT \(fragment: list)"
            let error = await #expect(throws: DatabaseError.self) {
                try await database.pipeline(tenants.plantScope, [tenants.insertLot("a"), statement])
            }
            #expect(error?.isRetryable == false)
            let rows = try await database.pipeline(tenants.plantScope, [Tenants.countLots])
            #expect(try rows[0][0].decode(0, as: Int.self) == 0)
            #expect(database.statistics.connects == 1)
        }
    }

    @Test("everything works without prepared statements, as behind a pooler")
    func withoutPreparing() async throws {
        try await withLots(configure: { $0.preparedStatements = false }) { database in
            _ = try await database.pipeline(tenants.plantScope, [tenants.insertLot("a"), tenants.insertLot("b")])
            let count: Int = try await database.transaction(tenants.plantScope) { transaction in
                try await transaction.execute(tenants.insertLot("c"))
                return try await transaction.query(Tenants.countLots)[0].decode(0)
            }
            #expect(count == 3)
            #expect(database.statistics.prepares == 0)
            let error = await #expect(throws: DatabaseError.self) {
                try await database.pipeline(tenants.plantScope, [tenants.insertLot("d"), tenants.insertLot("")])
            }
            #expect(error?.constraint == "name_is_not_empty")
        }
    }
}
