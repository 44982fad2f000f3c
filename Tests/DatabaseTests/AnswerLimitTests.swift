import Database
import Primitives
import TestSupport
import Testing

@Suite("Answers without end", .timeLimit(.minutes(10)))
struct AnswerLimitTests {
    let tenants = Tenants()

    private func configure(_ configuration: inout DatabaseConfiguration) {
        configuration.limits.appConnections = 1
        configuration.limits.answerBytes = 1 << 20
        configuration.limits.answerRows = 1000
    }

    @Test(
        "more rows or bytes than the limit are an error that names it, and the connection goes on",
        arguments: [
            ("SELECT number FROM generate_series(1, 1001) AS s (number)" as Statement, "1000 rows"),
            ("SELECT repeat('x', 1048577)", "1048576 bytes"),
            // More than would fit into the memory of the machine, would it ever be held.
            ("SELECT repeat('x', 1000000), generate_series(1, 100000)", "1048576 bytes"),
            ("SELECT generate_series(1, 100000000)", "1048576 bytes"),
        ])
    func tooLarge(_ statement: Statement, _ limit: String) async throws {
        try await withLots(configure: configure) { database in
            let error = await #expect(throws: DatabaseError.self) {
                try await database.read(tenants.plantScope) { try await $0.query(statement) }
            }
            #expect(error?.kind == .answerTooLarge)
            #expect(error?.message.contains(limit) == true, "\(String(describing: error))")
            #expect(error?.isRetryable == false)
            let rows = try await database.pipeline(tenants.plantScope, [Tenants.countLots])
            #expect(rows.count == 1)
        }
    }

    @Test("what is exactly at the limit is answered")
    func atTheLimit() async throws {
        try await withLots(configure: configure) { database in
            let rows = try await database.readPipeline(
                tenants.plantScope, ["SELECT number FROM generate_series(1, 1000) AS s (number)"])
            #expect(rows[0].count == 1000)
        }
    }

    @Test("a transaction that gets too large an answer is rolled back; a pipeline says that it may have committed")
    func nothingHalf() async throws {
        try await withLots(configure: configure) { database in
            let large: Statement = "SELECT repeat('x', 1000000) FROM generate_series(1, 1000)"
            await #expect(throws: DatabaseError.self) {
                try await database.transaction(tenants.plantScope) { transaction in
                    try await transaction.execute(tenants.insertLot("a"))
                    _ = try await transaction.query(large)
                }
            }
            let rows = try await database.pipeline(tenants.plantScope, [Tenants.countLots])
            #expect(try rows[0][0].decode(0, as: Int.self) == 0)
            let error = await #expect(throws: DatabaseError.self) {
                try await database.pipeline(tenants.plantScope, [tenants.insertLot("b"), large])
            }
            #expect(error?.kind == .outcomeUnknown)
        }
    }
}
