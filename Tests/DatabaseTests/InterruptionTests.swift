import Database
import Primitives
import TestSupport
import Testing

@Suite("Cancellation, deadlines and full pools", .timeLimit(.minutes(10)))
struct InterruptionTests {
    let tenants = Tenants()

    private func single(_ configuration: inout DatabaseConfiguration) { configuration.limits.appConnections = 1 }

    @Test("a cancelled task cancels its query, and the same connection serves the next one")
    func cancellation() async throws {
        try await withLots(configure: single) { database in
            try await Gate.closed(Gate.queries, database) {
                let task = Task { [tenants] in
                    try await database.transaction(tenants.plantScope) { transaction in
                        try await transaction.execute(tenants.insertLot("a"))
                        _ = try await transaction.query(Gate.wait(Gate.queries))
                    }
                }
                try await Gate.untilWaiting(1, database)
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
                let rows = try await database.pipeline(tenants.plantScope, [Tenants.countLots])
                #expect(try rows[0][0].decode(0, as: Int.self) == 0)
                #expect(database.statistics.cancels == 1)
                #expect(database.statistics.appConnections == 1)
                // The one, and the platform's two that hold and watch the gate.
                #expect(database.statistics.connects == 3)
            }
        }
    }

    @Test("a task that is cancelled before it asks sends nothing")
    func cancelledBefore() async throws {
        try await withLots(configure: single) { database in
            _ = try await database.pipeline(tenants.plantScope, [Tenants.countLots])
            let before = database.statistics
            let task = Task { [tenants] in
                withUnsafeCurrentTask { $0?.cancel() }
                _ = try await database.pipeline(tenants.plantScope, [tenants.insertLot("a")])
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(database.statistics == before)
        }
    }

    @Test("a cancelled task leaves the line of those who wait for a connection")
    func cancelledInLine() async throws {
        try await withLots(configure: single) { database in
            try await database.transaction(tenants.plantScope) { transaction in
                _ = try await transaction.query("SELECT 1")
                let task = Task { [tenants] in
                    _ = try await database.pipeline(tenants.plantScope, [tenants.insertLot("a")])
                }
                while database.statistics.waiting == 0 { await Task.yield() }
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
                #expect(database.statistics.waiting == 0)
            }
        }
    }

    @Test("those behind a cancelled pipeline on the same connection are not hurt")
    func cancellationHitsOne() async throws {
        func configure(_ configuration: inout DatabaseConfiguration) {
            configuration.limits.appConnections = 1
            configuration.limits.pipelinesPerConnection = 16
        }
        try await withLots(configure: configure) { database in
            try await Gate.closed(Gate.queries, database) {
                let blocked = Task { [tenants] in
                    _ = try await database.pipeline(tenants.plantScope, [Gate.wait(Gate.queries)])
                }
                try await Gate.untilWaiting(1, database)
                let behind = (0..<10).map { index in
                    Task { [tenants] in
                        _ = try await database.pipeline(tenants.plantScope, [tenants.insertLot("lot \(index)")])
                    }
                }
                blocked.cancel()
                await #expect(throws: CancellationError.self) { try await blocked.value }
                for task in behind { try await task.value }
            }
            let rows = try await database.pipeline(tenants.plantScope, [Tenants.countLots])
            #expect(try rows[0][0].decode(0, as: Int.self) == 10)
        }
    }

    @Test("with cancellations at any moment, a row is there exactly when its writer was told so")
    func cancellationStorm() async throws {
        try await withLots(configure: { $0.limits.appConnections = 2 }) { database in
            var seed = SeededGenerator(seed: 20_260_131)
            let tasks = (0..<400).map { index in
                let micros = Int.random(in: 0...3000, using: &seed)
                let isCancelled = Bool.random(using: &seed)
                return Task { [tenants] in
                    let work = Task {
                        _ = try await database.pipeline(
                            tenants.plantScope,
                            [tenants.insertLot("lot \(index)"), "SELECT pg_sleep(0.0005)"])
                    }
                    if isCancelled {
                        try? await Task.sleep(for: .microseconds(micros))
                        work.cancel()
                    }
                    return await work.result
                }
            }
            var written: Set<String> = []
            for (index, task) in tasks.enumerated() {
                switch await task.value {
                case .success: written.insert("lot \(index)")
                case .failure(let error): #expect(error is CancellationError, "\(error)")
                }
            }
            let rows = try await database.pipeline(tenants.plantScope, ["SELECT name FROM millwright.lot"])
            #expect(Set(try rows[0].column("name", as: String.self)) == written)
        }
    }

    @Test("a query that runs into its deadline is cancelled, and the same connection serves the next one")
    func deadline() async throws {
        try await withLots(configure: single) { database in
            _ = try await database.pipeline(tenants.plantScope, [Tenants.countLots])
            try await Gate.closed(Gate.queries, database) {
                let error = await #expect(throws: Problem.self) {
                    try await database.pipeline(
                        tenants.plantScope, deadline: .milliseconds(100), [Gate.wait(Gate.queries)])
                }
                #expect(error?.code == .timeout)
                let second = await #expect(throws: Problem.self) {
                    try await database.transaction(tenants.plantScope, deadline: .milliseconds(100)) {
                        _ = try await $0.query(Gate.wait(Gate.queries))
                    }
                }
                #expect(second?.code == .timeout)
                _ = try await database.pipeline(tenants.plantScope, [Tenants.countLots])
                #expect(database.statistics.connects == 2)
            }
        }
    }

    @Test("who waits for a connection longer than its deadline is told so")
    func deadlineInLine() async throws {
        try await withLots(configure: single) { database in
            try await database.transaction(tenants.plantScope) { transaction in
                _ = try await transaction.query("SELECT 1")
                let error = await #expect(throws: Problem.self) {
                    try await database.pipeline(tenants.plantScope, deadline: .milliseconds(50), [Tenants.countLots])
                }
                #expect(error?.code == .timeout)
                #expect(database.statistics.waiting == 0)
            }
        }
    }

    @Test("a body that outlives its deadline loses its connection to those who wait")
    func stuckBody() async throws {
        try await withLots(configure: single) { database in
            _ = try await database.pipeline(tenants.plantScope, [Tenants.countLots])
            let error = await #expect(throws: Problem.self) {
                try await database.transaction(tenants.plantScope, deadline: .seconds(1)) { transaction in
                    try await transaction.execute(tenants.insertLot("a"))
                    // There is one connection, and this body holds it: the next line waits until the deadline frees it.
                    _ = try await database.pipeline(tenants.plantScope, [tenants.insertLot("a")])
                    _ = try await transaction.query(Tenants.countLots)
                }
            }
            #expect(error?.code == .timeout)
            let rows = try await database.pipeline(tenants.plantScope, [Tenants.countLots])
            #expect(try rows[0][0].decode(0, as: Int.self) == 1)
            #expect(database.statistics.appConnections == 1)
        }
    }

    @Test("so does a body that never sent anything")
    func idleBody() async throws {
        try await withLots(configure: single) { database in
            _ = try await database.pipeline(tenants.plantScope, [Tenants.countLots])
            let error = await #expect(throws: Problem.self) {
                try await database.transaction(tenants.plantScope, deadline: .milliseconds(300)) { transaction in
                    _ = try await database.pipeline(tenants.plantScope, [tenants.insertLot("a")])
                    _ = try await transaction.query(Tenants.countLots)
                }
            }
            #expect(error?.code == .timeout)
        }
    }

    @Test("a full line refuses the next request at once")
    func fullLine() async throws {
        func configure(_ configuration: inout DatabaseConfiguration) {
            configuration.limits.appConnections = 1
            configuration.limits.waitingRequests = 2
        }
        try await withLots(configure: configure) { database in
            var waiting: [Task<Void, any Error>] = []
            try await database.transaction(tenants.plantScope) { transaction in
                _ = try await transaction.query("SELECT 1")
                waiting = (0..<2).map { index in
                    Task { [tenants] in
                        _ = try await database.pipeline(tenants.plantScope, [tenants.insertLot("lot \(index)")])
                    }
                }
                while database.statistics.waiting < 2 { await Task.yield() }
                let error = await #expect(throws: DatabaseError.self) {
                    try await database.pipeline(tenants.plantScope, [Tenants.countLots])
                }
                #expect(error?.kind == .unavailable)
                #expect(error?.isRetryable == true)
            }
            for task in waiting { try await task.value }
        }
    }

    @Test("a thousand transactions at once share four connections")
    func manyTransactions() async throws {
        try await withLots { database in
            try await withThrowingTaskGroup { group in
                for index in 0..<1000 {
                    group.addTask { [tenants] in
                        try await database.transaction(tenants.plantScope) { transaction in
                            try await transaction.execute(tenants.insertLot("lot \(index)"))
                            _ = try await transaction.one(Tenants.countLots)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let rows = try await database.pipeline(tenants.plantScope, [Tenants.countLots])
            #expect(try rows[0][0].decode(0, as: Int.self) == 1000)
            #expect(database.statistics.appConnections <= 4)
            #expect(database.statistics.waiting == 0)
        }
    }

    @Test("the service ends with its task, and the database with the service")
    func service() async throws {
        let fixture = try await PostgresFixture.database(migrations: LotSchema.directory)
        let database = fixture.database
        let service = Task { try await database.run() }
        _ = try await database.pipeline(tenants.plantScope, [Tenants.countLots])
        service.cancel()
        try await service.value
        await #expect(throws: DatabaseError.self) {
            try await database.pipeline(tenants.plantScope, [Tenants.countLots])
        }
        #expect(database.statistics.appConnections == 0)
        try await fixture.remove()
    }

    @Test("the shutdown waits for the transaction under way and refuses every later request")
    func shutdown() async throws {
        let fixture = try await PostgresFixture.database(migrations: LotSchema.directory)
        let database = fixture.database
        let closing = try await database.transaction(tenants.plantScope) { transaction in
            try await transaction.execute(tenants.insertLot("a"))
            let closing = Task { await database.shutdown() }
            // Refused as soon as the shutdown has begun.
            while (try? await database.pipeline(tenants.plantScope, [Tenants.countLots])) != nil {}
            try await transaction.execute(tenants.insertLot("b"))
            return closing
        }
        await closing.value
        let error = await #expect(throws: DatabaseError.self) {
            try await database.pipeline(tenants.plantScope, [Tenants.countLots])
        }
        #expect(error?.kind == .unavailable)
        let again = Database(fixture.configuration, logger: PostgresFixture.logger)
        let rows = try await again.pipeline(tenants.plantScope, [Tenants.countLots])
        #expect(try rows[0][0].decode(0, as: Int.self) == 2)
        await again.shutdown()
        try await fixture.remove()
    }
}

/// SplitMix64: the storm can be repeated from its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
