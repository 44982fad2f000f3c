import Database
import Primitives
import TestSupport
import Testing

@Suite("Notifications", .timeLimit(.minutes(10)))
struct NotificationTests {
    let tenants = Tenants()

    private func notify(_ channel: String, _ payload: String) -> Statement {
        "SELECT pg_notify(\(channel), \(payload))"
    }

    @Test("a listener hears what was committed on its channel, in order, and nothing else")
    func delivery() async throws {
        try await withLots { database in
            var listener = database.listen("plant.work").makeAsyncIterator()
            #expect(await listener.next() == .reconnected)
            _ = try await database.pipeline(.platform, [notify("other", "x"), notify("plant.work", "1")])
            await #expect(throws: DatabaseError.self) {
                try await database.pipeline(tenants.plantScope, [notify("plant.work", "2"), tenants.insertLot("")])
            }
            _ = try await database.pipeline(tenants.plantScope, [notify("plant.work", "3 — 機械")])
            #expect(await listener.next() == .received(payload: "1"))
            #expect(await listener.next() == .received(payload: "3 — 機械"))
        }
    }

    @Test("two listeners of one channel both hear it, and a third channel joins later")
    func severalListeners() async throws {
        try await withLots { database in
            var first = database.listen("a").makeAsyncIterator()
            var second = database.listen("a").makeAsyncIterator()
            #expect(await first.next() == .reconnected)
            #expect(await second.next() == .reconnected)
            var third = database.listen("b\"; DROP TABLE x").makeAsyncIterator()
            #expect(await third.next() == .reconnected)
            _ = try await database.pipeline(.platform, [notify("a", "1"), notify("b\"; DROP TABLE x", "2")])
            #expect(await first.next() == .received(payload: "1"))
            #expect(await second.next() == .received(payload: "1"))
            #expect(await third.next() == .received(payload: "2"))
        }
    }

    @Test("after its session was lost a listener is told to look for itself, and hears again")
    func reconnect() async throws {
        try await withLots { database in
            var listener = database.listen("work").makeAsyncIterator()
            #expect(await listener.next() == .reconnected)
            let kill: Statement = """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE usename = current_user AND datname = current_database() AND query LIKE 'LISTEN%'
                """
            let rows = try await database.pipeline(tenants.plantScope, [kill])
            #expect(rows[0].count == 1)
            #expect(await listener.next() == .reconnected)
            _ = try await database.pipeline(.platform, [notify("work", "after")])
            #expect(await listener.next() == .received(payload: "after"))
        }
    }

    @Test("a listener that is too slow loses the oldest and is told so")
    func slowListener() async throws {
        try await withLots { database in
            let stream = database.listen("flood")
            var listener = stream.makeAsyncIterator()
            #expect(await listener.next() == .reconnected)
            var probe = database.listen("flood.end").makeAsyncIterator()
            #expect(await probe.next() == .reconnected)
            let flood: Statement = "SELECT pg_notify('flood', number::text) FROM generate_series(1, 3000) AS s (number)"
            _ = try await database.pipeline(.platform, [flood])
            _ = try await database.pipeline(.platform, [notify("flood.end", "")])
            // Everything before has been delivered when the end has.
            #expect(await probe.next() == .received(payload: ""))
            var wasTold = false
            var last = ""
            while last != "3000" {
                switch await listener.next() {
                case .reconnected: wasTold = true
                case .received(let payload): last = payload
                case nil:
                    Issue.record("the stream has ended")
                    return
                }
            }
            #expect(wasTold)
        }
    }

    @Test("the streams end with the database")
    func end() async throws {
        let fixture = try await PostgresFixture.database(migrations: LotSchema.directory)
        var listener = fixture.database.listen("work").makeAsyncIterator()
        #expect(await listener.next() == .reconnected)
        await fixture.database.shutdown()
        #expect(await listener.next() == nil)
        try await fixture.remove()
    }
}
