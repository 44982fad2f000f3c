import Crypto
package import Logging
import Metrics
package import Redis
import Synchronization

/// Counts in Redis, so that all replicas count together, by one script that runs as one step. While Redis is away each
/// process counts for itself: at once, without an error, and said once.
package final class RedisRateLimiter: RateLimiter {
    private let redis: RedisClient
    private let fallback: InProcessRateLimiter
    private let circuit = Mutex(Circuit())
    private let logger: Logger
    private let now: @Sendable () -> Double
    private let failures = Counter(label: "millwright_redis_failures")
    private let fallbacks = Counter(label: "millwright_rate_limit_fallbacks")

    /// - Parameter now: nanoseconds of a clock that never goes back, for the pauses between two looks at a Redis that is
    ///   away.
    package init(
        _ redis: RedisClient, fallback: InProcessRateLimiter = InProcessRateLimiter(), logger: Logger,
        now: @escaping @Sendable () -> Double = InProcessRateLimiter.monotonic
    ) {
        self.redis = redis
        self.fallback = fallback
        self.logger = logger
        self.now = now
    }

    package func take(_ cost: Int, from key: RateKey, limit: RequestRate) async -> RateDecision {
        guard circuit.withLock({ $0.mayAsk(at: now()) }) else { return insteadOfRedis(cost, key, limit) }
        do throws(RedisError) {
            let decision = try await ask(cost, key, limit)
            if circuit.withLock({ $0.succeeded() }) {
                logger.notice("Redis is back: rate limits are shared again", metadata: ["redis": "\(redis.endpoint)"])
            }
            return decision
        } catch {
            if error.kind == .cancelled {
                circuit.withLock { $0.abandoned(at: now()) }
            } else {
                failures.increment()
                if circuit.withLock({ $0.failed(at: now()) }) {
                    logger.warning(
                        "Redis is away: this process counts rate limits for itself meanwhile",
                        metadata: ["redis": "\(redis.endpoint)", "reason": "\(error.message)"])
                }
            }
            return insteadOfRedis(cost, key, limit)
        }
    }

    private func insteadOfRedis(_ cost: Int, _ key: RateKey, _ limit: RequestRate) -> RateDecision {
        fallbacks.increment()
        return fallback.takeNow(cost, from: key, limit: limit)
    }

    private func ask(_ cost: Int, _ key: RateKey, _ limit: RequestRate) async throws(RedisError) -> RateDecision {
        let arguments = [
            "1", Self.name(of: key), String(limit.unitNanoseconds / 1000), String(limit.burst), String(cost),
        ]
        let reply: RedisReply
        do throws(RedisError) {
            reply = try await redis.send(["EVALSHA", RateScript.digest] + arguments)
        } catch {
            guard error.kind == .refused, error.message.hasPrefix("NOSCRIPT") else { throw error }
            // A server that has started anew, or sees this program for the first time.
            reply = try await redis.send(["EVAL", RateScript.text] + arguments)
        }
        guard let numbers = reply.arrayValue?.compactMap(\.integerValue), numbers.count == 4 else {
            throw RedisError(.unexpected, "the script's answer has another form")
        }
        return RateDecision(
            isAllowed: numbers[0] == 1, remaining: Int(numbers[1]), retryAfterSeconds: Double(numbers[2]) / 1e6,
            resetSeconds: Double(numbers[3]) / 1e6)
    }

    private static func name(of key: RateKey) -> String {
        switch key {
        case .principal(let id): "millwright:rate:principal:\(id)"
        case .refusals(let address): "millwright:rate:refusals:\(address)"
        case .signIns(let address): "millwright:rate:sign-ins:\(address)"
        }
    }
}

/// `CellRate` in Redis, by the server's own clock: replicas need not agree on the time. In microseconds, which a double
/// of Lua holds exactly.
enum RateScript {
    static let text = """
        local unit = tonumber(ARGV[1])
        local burst = tonumber(ARGV[2])
        local cost = math.min(math.max(tonumber(ARGV[3]), 0), burst)
        local window = unit * burst
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local start = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
        local finish = start + unit * cost
        local allowed = finish - now <= window + unit / 1000
        local reached = start
        if allowed then
          reached = finish
          if cost > 0 then
            local life = math.ceil((finish - now) / 1000) + 1000
            redis.call('SET', KEYS[1], string.format('%.3f', finish), 'PX', string.format('%d', life))
          end
        end
        local remaining = math.max(0, math.floor((window - (reached - now)) / unit + 0.001))
        local retry = 0
        if not allowed then retry = math.max(1, math.ceil(finish - now - window)) end
        return {allowed and 1 or 0, remaining, retry, math.ceil(reached - now)}
        """

    static let digest = Insecure.SHA1.hash(data: Array(text.utf8)).map { byte in
        let digits = String(byte, radix: 16)
        return byte < 16 ? "0" + digits : digits
    }.joined()
}
