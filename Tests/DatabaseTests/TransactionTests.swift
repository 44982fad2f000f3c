import Database
import Primitives
import Testing

@Suite("Transactions", .timeLimit(.minutes(10)))
struct TransactionTests {
    let tenants = Tenants()

    @Test("what a body throws undoes everything it wrote")
    func rollback() async throws {
        struct Stop: Error {}
        try await withLots { database in
            await #expect(throws: Stop.self) {
                try await database.transaction(tenants.plantScope) { transaction in
                    try await transaction.execute(tenants.insertLot("a"))
                    throw Stop()
                }
            }
            let lots = try await count(database)
            #expect(lots == 0)
        }
    }

    @Test("a body that goes on after a failed statement cannot commit")
    func failedTransactionDoesNotCommit() async throws {
        try await withLots { database in
            await #expect(throws: DatabaseError.self) {
                try await database.transaction(tenants.plantScope) { transaction in
                    try await transaction.execute(tenants.insertLot("a"))
                    _ = try? await transaction.execute(tenants.insertLot(""))
                }
            }
            let lots = try await count(database)
            #expect(lots == 0)
        }
    }

    @Test("a transaction cannot be used after its body has returned")
    func escapedTransaction() async throws {
        try await withLots { database in
            let escaped = try await database.transaction(tenants.plantScope) { $0 }
            let error = await #expect(throws: DatabaseError.self) { try await escaped.query("SELECT 1") }
            #expect(error?.kind == .transactionEnded)
        }
    }

    @Test("a reading transaction cannot write")
    func readOnly() async throws {
        try await withLots { database in
            let error = await #expect(throws: DatabaseError.self) {
                try await database.read(tenants.plantScope) { try await $0.execute(tenants.insertLot("a")) }
            }
            #expect(error?.sqlState == "25006")
            let second = await #expect(throws: DatabaseError.self) {
                try await database.readPipeline(tenants.plantScope, [tenants.insertLot("a")])
            }
            #expect(second?.sqlState == "25006")
        }
    }

    @Test("a pipeline is all or nothing, and the next one does not notice")
    func pipelineIsAtomic() async throws {
        try await withLots { database in
            let error = await #expect(throws: DatabaseError.self) {
                try await database.pipeline(
                    tenants.plantScope, [tenants.insertLot("a"), tenants.insertLot(""), tenants.insertLot("c")])
            }
            #expect(error?.constraint == "name_is_not_empty")
            #expect(error?.table == "lot")
            #expect(error?.sqlState == SQLState.checkViolation)
            #expect(error?.isRetryable == false)
            let lots = try await count(database)
            #expect(lots == 0)
        }
    }

    @Test("a constraint that is checked at the commit fails the pipeline and the transaction")
    func deferredConstraint() async throws {
        try await withLots { database in
            _ = try await database.pipeline(tenants.plantScope, [tenants.insertLot("a")])
            let late: [Statement] = ["SET CONSTRAINTS ALL DEFERRED", tenants.insertLot("a")]
            let error = await #expect(throws: DatabaseError.self) {
                try await database.pipeline(tenants.plantScope, late)
            }
            #expect(error?.isUniqueViolation == true)
            #expect(error?.violates(constraint: "lot_name_is_unique") == true)
            let second = await #expect(throws: DatabaseError.self) {
                try await database.transaction(tenants.plantScope) { try await $0.batch(late) }
            }
            #expect(second?.isUniqueViolation == true)
            let lots = try await count(database)
            #expect(lots == 1)
        }
    }

    @Test("a pipeline of a known shape is one write to the socket; a transaction of n steps is n + 1")
    func roundTrips() async throws {
        try await withLots(configure: { $0.limits.appConnections = 1 }) { database in
            let statements = [tenants.insertLot("a"), tenants.insertLot("b"), Tenants.countLots]
            _ = try await database.pipeline(tenants.plantScope, statements.map { $0 })
            let before = database.statistics
            let rows = try await database.pipeline(
                tenants.plantScope, [tenants.insertLot("c"), tenants.insertLot("d"), Tenants.countLots])
            #expect(try rows[2][0].decode(0, as: Int.self) == 4)
            #expect(rows[0].affectedRows == 1)
            #expect(database.statistics.sends - before.sends == 1)
            #expect(database.statistics.prepares == before.prepares)

            _ = try await database.transaction(tenants.plantScope) { try await $0.one(Tenants.countLots) }
            let middle = database.statistics
            try await database.transaction(tenants.plantScope) { transaction in
                _ = try await transaction.query(Tenants.countLots)
                try await transaction.batch([Tenants.countLots, Tenants.countLots])
            }
            #expect(database.statistics.sends - middle.sends == 3)
        }
    }

    @Test("the last statements may bring the commit with them")
    func commitWithStatements() async throws {
        try await withLots { database in
            let rows = try await database.transaction(tenants.plantScope) { transaction in
                try await transaction.execute(tenants.insertLot("a"))
                return try await transaction.commit(with: [tenants.insertLot("b"), Tenants.countLots])
            }
            #expect(try rows[1][0].decode("count", as: Int.self) == 2)
            let lots = try await count(database)
            #expect(lots == 2)
            let alone = try await database.transaction(tenants.plantScope) {
                try await $0.commit(with: [Tenants.countLots])
            }
            #expect(try alone[0][0].decode(0, as: Int.self) == 2)
            let error = await #expect(throws: DatabaseError.self) {
                try await database.transaction(tenants.plantScope) {
                    try await $0.commit(with: [tenants.insertLot("")])
                }
            }
            #expect(error?.constraint == "name_is_not_empty")
            let after = try await count(database)
            #expect(after == 2)
        }
    }

    @Test("two writers of one row that exclude each other are told to try again, and trying again helps")
    func serializationFailure() async throws {
        try await withLots { database in
            _ = try await database.pipeline(tenants.plantScope, [tenants.insertLot("a")])
            let add: @Sendable () async throws -> Void = {
                try await database.retrying(20) {
                    try await database.transaction(tenants.plantScope, isolation: .serializable) { transaction in
                        let row = try #require(try await transaction.one("SELECT quantity FROM millwright.lot"))
                        let quantity = try row.decode("quantity", as: Int.self)
                        try await transaction.execute("UPDATE millwright.lot SET quantity = \(quantity + 1)")
                    }
                }
            }
            try await withThrowingTaskGroup { group in
                for _ in 0..<8 { group.addTask { try await add() } }
                try await group.waitForAll()
            }
            let rows = try await database.pipeline(tenants.plantScope, ["SELECT quantity FROM millwright.lot"])
            #expect(try rows[0][0].decode(0, as: Int.self) == 8)
        }
    }

    private func count(_ database: Database) async throws -> Int {
        try await database.read(tenants.plantScope) { try await $0.query(Tenants.countLots)[0].decode(0) }
    }
}
