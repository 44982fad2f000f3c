import Logging
import Primitives
import Redis
import Synchronization
import TestSupport
import Testing
import Web

/// The implementations of the port. Each passes every test of the suite below.
enum Limiters: String, CaseIterable, CustomTestStringConvertible {
    case process = "in the process"
    case redis = "in Redis"

    var testDescription: String { rawValue }

    /// Two handles on the same buckets, as two replicas have them.
    func with(_ body: (any RateLimiter, any RateLimiter) async throws -> Void) async throws {
        switch self {
        case .process:
            let limiter = InProcessRateLimiter()
            try await body(limiter, limiter)
        case .redis:
            let server = try await RedisServer()
            let fallback = InProcessRateLimiter()
            let replicas = (0..<2).map { _ in
                RedisRateLimiter(server.patientClient(), fallback: fallback, logger: PostgresFixture.logger)
            }
            try await body(replicas[0], replicas[1])
            #expect(fallback.count == 0, "it was Redis that counted")
        }
    }
}

@Suite("Every limiter keeps the same promises", .timeLimit(.minutes(10)))
struct RateLimiterConformanceTests {
    /// Nothing comes back while a test runs.
    static let slow = RequestRate(perSecond: 0.001, burst: 5)

    @Test("a burst goes through, the next is refused, and a refusal takes nothing", arguments: Limiters.allCases)
    func burst(_ kind: Limiters) async throws {
        try await kind.with { limiter, _ in
            let key = RateKey.principal(PrincipalID())
            for left in [4, 3, 2, 1, 0] {
                let decision = await limiter.take(1, from: key, limit: Self.slow)
                #expect(decision.isAllowed && decision.remaining == left && decision.retryAfterSeconds == 0)
            }
            for _ in 0..<3 {
                let refused = await limiter.take(1, from: key, limit: Self.slow)
                #expect(!refused.isAllowed && refused.remaining == 0)
                #expect((900...1000).contains(refused.retryAfterSeconds), "\(refused)")
                #expect((4900...5000).contains(refused.resetSeconds), "\(refused)")
            }
        }
    }

    @Test("what comes back when it is said to come back is let through", arguments: Limiters.allCases)
    func refill(_ kind: Limiters) async throws {
        try await kind.with { limiter, _ in
            let limit = RequestRate(perSecond: 5, burst: 1)
            let key = RateKey.signIns("192.0.2.1")
            // On a busy machine a unit may come back between two questions.
            var refused = await limiter.take(1, from: key, limit: limit)
            while refused.isAllowed { refused = await limiter.take(1, from: key, limit: limit) }
            #expect(refused.retryAfterSeconds > 0 && refused.retryAfterSeconds <= 0.2)
            // The limiter's own word is the signal: time is what is under test.
            try await Task.sleep(for: .seconds(refused.retryAfterSeconds))
            #expect(await limiter.take(1, from: key, limit: limit).isAllowed)
        }
    }

    @Test("a cost is taken whole or not at all, and more than a bucket is a bucket", arguments: Limiters.allCases)
    func costs(_ kind: Limiters) async throws {
        try await kind.with { limiter, _ in
            let key = RateKey.principal(PrincipalID())
            #expect(await limiter.take(3, from: key, limit: Self.slow).remaining == 2)
            #expect(await limiter.take(3, from: key, limit: Self.slow).isAllowed == false)
            #expect(await limiter.take(0, from: key, limit: Self.slow).remaining == 2)
            #expect(await limiter.take(2, from: key, limit: Self.slow).isAllowed)
            let other = RateKey.principal(PrincipalID())
            #expect(await limiter.take(1_000_000, from: other, limit: Self.slow).isAllowed)
            #expect(await limiter.take(1, from: other, limit: Self.slow).isAllowed == false)
        }
    }

    @Test("buckets are apart, whatever their names hold", arguments: Limiters.allCases)
    func keys(_ kind: Limiters) async throws {
        try await kind.with { limiter, _ in
            let once = RequestRate(perSecond: 0.001, burst: 1)
            let names = ["a", "a\0", "a\0b", "a\r\nSET x y", "", "\u{e4}\u{1f525}", "a b", "*"]
            for key in names.map(RateKey.refusals) + names.map(RateKey.signIns) {
                #expect(await limiter.take(1, from: key, limit: once).isAllowed, "\(key)")
                #expect(await limiter.take(1, from: key, limit: once).isAllowed == false, "\(key)")
            }
        }
    }

    @Test("however many ask at once, through whichever replica, a burst is a burst", arguments: Limiters.allCases)
    func concurrency(_ kind: Limiters) async throws {
        try await kind.with { first, second in
            let key = RateKey.principal(PrincipalID())
            let limit = RequestRate(perSecond: 0.001, burst: 50)
            let allowed = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<300 {
                    group.addTask {
                        await (number.isMultiple(of: 2) ? first : second).take(1, from: key, limit: limit).isAllowed
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(allowed == 50)
        }
    }
}

@Suite("Counting in the process")
struct InProcessRateLimiterTests {
    @Test("memory is bounded, and who was not forgotten is still counted")
    func bounded() async {
        let limiter = InProcessRateLimiter(capacity: 1000)
        let key = RateKey.refusals("192.0.2.1")
        let limit = RequestRate(perSecond: 0.001, burst: 3)
        for number in 0..<20_000 {
            _ = await limiter.take(1, from: .refusals("host \(number)"), limit: limit)
            // Whoever goes on asking stays known.
            if number.isMultiple(of: 100) { _ = await limiter.take(1, from: key, limit: limit) }
        }
        #expect(limiter.count <= 1000)
        #expect(await limiter.take(1, from: key, limit: limit).isAllowed == false)
    }
}

@Suite("While Redis is away", .timeLimit(.minutes(10)))
struct RedisAwayTests {
    private static let limit = RequestRate(perSecond: 0.001, burst: 1000)

    /// A clock that stands still until it is moved.
    private final class Clock: Sendable {
        private let value = Mutex(0.0)
        var now: @Sendable () -> Double { { self.value.withLock { $0 } } }
        func advance(seconds: Double) { value.withLock { $0 += seconds * 1e9 } }
    }

    private final class Log: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        var logger: Logger {
            Logger(label: "test") { _ in Handler(log: self) }
        }
        private struct Handler: LogHandler {
            let log: Log
            var metadata: Logger.Metadata = [:]
            var logLevel = Logger.Level.trace
            subscript(metadataKey key: String) -> Logger.Metadata.Value? {
                get { metadata[key] }
                set { metadata[key] = newValue }
            }
            func log(event: LogEvent) {
                log.lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
            }
        }
    }

    @Test("nobody there: counted in the process at once, said once, and seen to again after a pause")
    func neverThere() async throws {
        let log = Log()
        let clock = Clock()
        let fallback = InProcessRateLimiter()
        let limiter = RedisRateLimiter(
            RedisClient(try RedisEndpoint("/tmp/mwr-nobody-is-here.sock")), fallback: fallback, logger: log.logger,
            now: clock.now)
        let key = RateKey.principal(PrincipalID())
        for left in (900..<1000).reversed() {
            #expect(await limiter.take(1, from: key, limit: Self.limit).remaining == left)
        }
        for _ in 0..<5 {
            clock.advance(seconds: 60)
            _ = await limiter.take(1, from: key, limit: Self.limit)
        }
        #expect(log.all.count == 1 && log.all[0].hasPrefix("warning"), "\(log.all)")
    }

    @Test("a server that dies and comes back: no error, no double word, shared again afterwards")
    func restart() async throws {
        let server = try await RedisServer()
        let log = Log()
        let clock = Clock()
        let fallback = InProcessRateLimiter()
        let limiter = RedisRateLimiter(
            server.patientClient(), fallback: fallback, logger: log.logger, now: clock.now)
        let key = RateKey.principal(PrincipalID())
        #expect(await limiter.take(1, from: key, limit: Self.limit).remaining == 999)
        server.stop()
        for _ in 0..<10 { #expect(await limiter.take(1, from: key, limit: Self.limit).isAllowed) }
        #expect(fallback.count == 1)
        try await server.start()
        // Not before its pause is over, and then with one look.
        #expect(await limiter.take(1, from: key, limit: Self.limit).remaining == 989)
        clock.advance(seconds: 1)
        #expect(await limiter.take(1, from: key, limit: Self.limit).remaining == 999, "Redis forgot, and counts again")
        #expect(await limiter.take(1, from: key, limit: Self.limit).remaining == 998)
        #expect(log.all.count == 2, "\(log.all)")
        #expect(log.all.first?.hasPrefix("warning") == true && log.all.last?.hasPrefix("notice") == true)
    }

    @Test("a server that hangs keeps nobody waiting, and is left alone after that")
    func frozen() async throws {
        let server = try await RedisServer()
        let clock = Clock()
        let fallback = InProcessRateLimiter()
        let client = RedisClient(server.endpoint())
        let limiter = RedisRateLimiter(client, fallback: fallback, logger: PostgresFixture.logger, now: clock.now)
        server.freeze()
        defer { server.thaw() }
        let key = RateKey.principal(PrincipalID())
        let startedAt = ContinuousClock.now
        #expect(await limiter.take(1, from: key, limit: Self.limit).isAllowed)
        for _ in 0..<1000 { _ = await limiter.take(1, from: key, limit: Self.limit) }
        // 45 ms are waited once; the rest is for a busy machine. A thousand waits would be 45 s.
        #expect(ContinuousClock.now - startedAt < .seconds(5))
        #expect(fallback.count == 1)
    }

    @Test("a caller that goes away says nothing about Redis")
    func cancelled() async throws {
        let server = try await RedisServer()
        let fallback = InProcessRateLimiter()
        let limiter = RedisRateLimiter(server.patientClient(), fallback: fallback, logger: PostgresFixture.logger)
        let key = RateKey.principal(PrincipalID())
        server.freeze()
        // Ended two lines below.
        let caller = Task { await limiter.take(1, from: key, limit: Self.limit).isAllowed }
        caller.cancel()
        #expect(await caller.value)
        server.thaw()
        #expect(await limiter.take(1, from: .principal(PrincipalID()), limit: Self.limit).remaining == 999)
        #expect(fallback.count == 1, "only the caller that went away was counted here")
    }

    @Test("a script that the server forgot is sent again")
    func forgottenScript() async throws {
        let server = try await RedisServer()
        let fallback = InProcessRateLimiter()
        let client = server.patientClient()
        let limiter = RedisRateLimiter(client, fallback: fallback, logger: PostgresFixture.logger)
        let key = RateKey.principal(PrincipalID())
        for left in [999, 998, 997] {
            #expect(await limiter.take(1, from: key, limit: Self.limit).remaining == left)
            _ = try await client.send(["SCRIPT", "FLUSH"])
        }
        #expect(fallback.count == 0)
    }

    @Test("a password is needed and enough; it is in no log")
    func password() async throws {
        let server = try await RedisServer(password: "op3n-sesame")
        let fallback = InProcessRateLimiter()
        let right = RedisRateLimiter(server.patientClient(), fallback: fallback, logger: PostgresFixture.logger)
        let key = RateKey.principal(PrincipalID())
        #expect(await right.take(1, from: key, limit: Self.limit).isAllowed)
        #expect(fallback.count == 0)
        let log = Log()
        let wrong = RedisRateLimiter(
            RedisClient(server.endpoint(password: "gu3ssed"), timeoutMilliseconds: 20_000), fallback: fallback,
            logger: log.logger)
        #expect(await wrong.take(1, from: key, limit: Self.limit).remaining == 999)
        #expect(fallback.count == 1)
        #expect(log.all.count == 1 && !log.all[0].contains("gu3ssed"), "\(log.all)")
    }

    @Test("what is asked at the same time is answered to whom it belongs")
    func pipelining() async throws {
        let server = try await RedisServer()
        let client = server.patientClient()
        try await withThrowingTaskGroup { group in
            for number in 0..<500 {
                group.addTask {
                    let reply = try await client.send(["ECHO", "text \(number)"])
                    #expect(reply.stringValue == "text \(number)")
                    await #expect(throws: RedisError.self) { try await client.send(["NO-SUCH-COMMAND"]) }
                }
            }
            try await group.waitForAll()
        }
    }
}

@Suite("Where Redis is")
struct RedisEndpointTests {
    @Test(
        "each way to write it is read",
        arguments: [
            ("cache", RedisEndpoint.Place.tcp(host: "cache", port: 6379), 0),
            ("cache:7000", .tcp(host: "cache", port: 7000), 0), ("[::1]:7000", .tcp(host: "::1", port: 7000), 0),
            ("::1", .tcp(host: "::1", port: 6379), 0), ("/run/redis.sock", .unix("/run/redis.sock"), 0),
            ("unix:/run/redis.sock", .unix("/run/redis.sock"), 0),
            ("unix:///run/redis.sock", .unix("/run/redis.sock"), 0),
            ("redis://cache", .tcp(host: "cache", port: 6379), 0),
            ("redis://app@cache:7000/3", .tcp(host: "cache", port: 7000), 3),
        ])
    func read(_ text: String, _ place: RedisEndpoint.Place, _ database: Int) throws {
        let endpoint = try RedisEndpoint(text)
        #expect(endpoint.place == place && endpoint.database == database)
        #expect(endpoint.username == (text.contains("@") ? "app" : nil))
    }

    @Test(
        "what is none is refused, a password in it above all",
        arguments: [
            "", ":6379", "cache:0", "cache:70000", "cache:x", "rediss://cache", "http://cache",
            "redis://app:secret@cache", "redis://:secret@cache", "redis://cache/x", "a host",
        ])
    func refused(_ text: String) {
        #expect(throws: RedisEndpoint.SyntaxError.self) { try RedisEndpoint(text) }
    }
}
