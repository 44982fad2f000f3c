import Database
import Execution
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing

@Suite("a plant has one runner at a time", .timeLimit(.minutes(10)))
struct RunnerStoreTests {
    @Test("each epoch has a new runner, is counted, and is ready after its first call")
    func epochs() async throws {
        try await ShellFixture.with { shell in
            #expect(try await shell.runners.runner(of: shell.scope) == nil)
            let first = try await shell.startRunner()
            #expect(try await shell.runners.runner(of: shell.scope)?.observedState == .starting)
            _ = try await first.begin()
            #expect(try await shell.runners.runner(of: shell.scope)?.observedState == .ready)
            let second = try await shell.startRunner()
            #expect(second.epoch == 2 && second.runnerID != first.runnerID)
            let runner = try #require(try await shell.runners.runner(of: shell.scope))
            #expect(runner.restarts == 1 && runner.readyAt == nil)
        }
    }

    @Test("the seconds of a ready runner are metered once, however it ends")
    func seconds() async throws {
        try await ShellFixture.with { shell in
            let first = try await shell.startRunner()
            _ = try await first.begin()
            shell.clock.advance(seconds: 400.7)
            _ = try await first.call()
            #expect(try await shell.metered(.runnerSeconds) == 400)
            shell.clock.advance(seconds: 400.7)
            _ = try await first.call()
            #expect(try await shell.metered(.runnerSeconds) == 801)
            // It goes away unseen; the next one starts later. What nobody saw is not billed.
            shell.clock.advance(seconds: 3600)
            _ = try await shell.startRunner().begin()
            #expect(try await shell.metered(.runnerSeconds) == 801)
        }
    }

    @Test("plants that are suspended at any level, or stopped, have no runner")
    func desiredPlants() async throws {
        try await ShellFixture.with { shell in
            let sibling = try await shell.sibling()
            func desired() async throws -> Set<TenantScope> { Set(try await shell.runners.desiredPlants()) }
            #expect(try await desired() == [shell.scope, sibling.scope])
            try await shell.runners.setDesired(.stopped, of: shell.scope, by: .system)
            #expect(try await desired() == [sibling.scope])
            try await shell.runners.setDesired(.running, of: shell.scope, by: .system)
            _ = try await shell.tenants.directory.suspend(shell.place.client, reason: "unpaid", by: .system)
            #expect(try await desired().isEmpty)
            await #expect(throws: Problem.inactivePlant) { try await shell.runners.beginEpoch(of: shell.scope) }
        }
    }

    @Test("a runner that is to stop is told at its next sign of life, and a waiting one at once")
    func mustStop() async throws {
        try await ShellFixture.with { shell in
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            async let waiting = runner.call(waitMilliseconds: 60_000)
            while !shell.board.isWaiting(shell.place.plantID) { await Task.yield() }
            try await shell.runners.setDesired(.stopped, of: shell.scope, by: .system)
            #expect(try await waiting.mustStop)
        }
    }

    @Test("a runner whose call waits is told at once that a newer one has taken over")
    func superseded() async throws {
        try await ShellFixture.with { shell in
            let old = try await shell.startRunner()
            _ = try await old.begin()
            let waiting = Task { try await old.call(waitMilliseconds: 60_000) }
            while !shell.board.isWaiting(shell.place.plantID) { await Task.yield() }
            _ = try await shell.startRunner()
            await #expect(throws: Problem.staleEpoch) { try await waiting.value }
        }
    }

    @Test("the next epoch waits for a transaction of the one before, and then refuses the next")
    func fence() async throws {
        try await ShellFixture.with { shell in
            let old = try await shell.startRunner()
            let key = shell.place
            let assertion: @Sendable (Int64) -> Statement = { epoch in
                "SELECT millwright.assert_epoch(\(key.partnerID), \(key.clientID), \(key.plantID), \(epoch))"
            }
            try await withThrowingTaskGroup { group in
                try await shell.database.transaction(shell.scope) { transaction in
                    try await transaction.execute(assertion(old.epoch))
                    group.addTask { _ = try await shell.startRunner() }
                    // The other one is at the lock before this transaction ends.
                    while true {
                        let row = try await transaction.one(
                            "SELECT count(*) AS waiting FROM pg_locks WHERE NOT granted")
                        if try row?.decode("waiting", as: Int.self) ?? 0 > 0 { break }
                    }
                    try await transaction.execute(assertion(old.epoch))
                }
                try await group.waitForAll()
            }
            await #expect(throws: DatabaseError.self) {
                try await shell.database.transaction(shell.scope) { try await $0.execute(assertion(old.epoch)) }
            }
        }
    }
}
