import Glibc
import Synchronization

/// A client for hints: rate limits and caches that may be lost at any time. hiredis blocks, so it has a thread of the
/// client's own, which sends together what waits together; a lost connection is made again with the next command.
///
/// A caller never waits longer than the client's timeout, whatever the thread is stuck in: a hint that does not come
/// soon is of no use.
package final class RedisClient: Sendable {
    package static let waitingCommands = 4096

    package let endpoint: RedisEndpoint
    private let timeoutMilliseconds: Int
    private let mailbox = RedisMailbox()

    package init(_ endpoint: RedisEndpoint, timeoutMilliseconds: Int = 45) {
        self.endpoint = endpoint
        self.timeoutMilliseconds = timeoutMilliseconds
        let mailbox = mailbox
        DedicatedThread.start { Self.work(mailbox, endpoint, timeoutMilliseconds) }
    }

    deinit { mailbox.close() }

    package func send(_ arguments: [String]) async throws(RedisError) -> RedisReply {
        let waiter = RedisWaiter()
        guard mailbox.put(RedisJob(arguments: arguments, waiter: waiter)) else {
            throw RedisError(.overloaded, "too many commands wait")
        }
        let timeout = timeoutMilliseconds
        let result = await withTaskGroup(of: Void.self, returning: Result<RedisReply, RedisError>.self) { group in
            group.addTask {
                try? await Task.sleep(for: .milliseconds(timeout))
                waiter.finish(.failure(RedisError(.timedOut, "no reply within \(timeout) ms")))
            }
            defer { group.cancelAll() }
            return await withTaskCancellationHandler {
                await waiter.value()
            } onCancel: {
                waiter.finish(.failure(RedisError(.cancelled, "the caller has gone")))
            }
        }
        return try result.get()
    }

    private static func work(_ mailbox: RedisMailbox, _ endpoint: RedisEndpoint, _ timeoutMilliseconds: Int) {
        var connection: RedisConnection?
        while let waiting = mailbox.take() {
            // Whoever has given up does not want it any more.
            let jobs = waiting.filter { !$0.waiter.isDone }
            guard !jobs.isEmpty else { continue }
            do throws(RedisError) {
                if connection == nil {
                    connection = try RedisConnection.open(endpoint, timeoutMilliseconds: timeoutMilliseconds)
                }
                var isLost = false
                for (job, result) in zip(jobs, connection!.send(jobs.map(\.arguments))) {
                    if case .failure(let error) = result, error.kind != .refused { isLost = true }
                    job.waiter.finish(result)
                }
                if isLost { connection = nil }
            } catch {
                for job in jobs { job.waiter.finish(.failure(error)) }
            }
        }
    }
}

struct RedisJob: Sendable {
    var arguments: [String]
    var waiter: RedisWaiter
}

/// One reply, which comes from the thread, the clock or a cancellation: whoever is first.
final class RedisWaiter: Sendable {
    private enum State {
        case open
        case waiting(CheckedContinuation<Result<RedisReply, RedisError>, Never>)
        case done(Result<RedisReply, RedisError>)
    }

    private let state = Mutex(State.open)

    var isDone: Bool { state.withLock { if case .done = $0 { true } else { false } } }

    func finish(_ result: Result<RedisReply, RedisError>) {
        let continuation: CheckedContinuation<Result<RedisReply, RedisError>, Never>? = state.withLock { state in
            switch state {
            case .done: return nil
            case .open:
                state = .done(result)
                return nil
            case .waiting(let continuation):
                state = .done(result)
                return continuation
            }
        }
        continuation?.resume(returning: result)
    }

    func value() async -> Result<RedisReply, RedisError> {
        await withCheckedContinuation { continuation in
            let known: Result<RedisReply, RedisError>? = state.withLock { state in
                if case .done(let result) = state { return result }
                state = .waiting(continuation)
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
    }
}
