import Glibc
import Synchronization

/// A client for hints: rate limits and caches that may be lost at any time. Commands run one after the other on a
/// thread of the client's own; a lost connection is made again with the next command.
package final class RedisClient: Sendable {
    /// A hint that does not come soon is of no use.
    package static let timeoutSeconds = 2
    package static let waitingCommands = 1024

    private struct Job: Sendable {
        var arguments: [String]
        var answer: CheckedContinuation<Result<RedisReply, RedisError>, Never>
    }

    private struct Queue {
        var jobs: [Job] = []
        var isClosed = false
    }

    /// The queue with its condition. The thread holds it too, so that it outlives the client by one wake-up.
    private final class Mailbox: @unchecked Sendable {  // every access is under the POSIX mutex
        private var mutex = pthread_mutex_t()
        private var condition = pthread_cond_t()
        private var queue = Queue()

        init() {
            pthread_mutex_init(&mutex, nil)
            pthread_cond_init(&condition, nil)
        }

        func put(_ job: Job) -> Bool {
            pthread_mutex_lock(&mutex)
            defer { pthread_mutex_unlock(&mutex) }
            guard !queue.isClosed, queue.jobs.count < RedisClient.waitingCommands else { return false }
            queue.jobs.append(job)
            pthread_cond_signal(&condition)
            return true
        }

        func close() {
            pthread_mutex_lock(&mutex)
            queue.isClosed = true
            pthread_cond_signal(&condition)
            pthread_mutex_unlock(&mutex)
        }

        /// Blocks until there is work; `nil` when the client was closed and everything was answered.
        func take() -> [Job]? {
            pthread_mutex_lock(&mutex)
            defer { pthread_mutex_unlock(&mutex) }
            while queue.jobs.isEmpty, !queue.isClosed { pthread_cond_wait(&condition, &mutex) }
            guard !queue.jobs.isEmpty else { return nil }
            defer { queue.jobs = [] }
            return queue.jobs
        }
    }

    private let mailbox = Mailbox()

    /// - Parameter host: a host name or address, or the path of a Unix socket.
    package init(host: String, port: Int = 6379) {
        let mailbox = mailbox
        DedicatedThread.start { Self.work(mailbox, host, Int32(port)) }
    }

    deinit { mailbox.close() }

    package func send(_ arguments: String...) async throws(RedisError) -> RedisReply {
        let result: Result<RedisReply, RedisError> = await withCheckedContinuation { answer in
            if !mailbox.put(Job(arguments: arguments, answer: answer)) {
                answer.resume(returning: .failure(RedisError(kind: .refused, message: "too many commands wait")))
            }
        }
        return try result.get()
    }

    private static func work(_ mailbox: Mailbox, _ host: String, _ port: Int32) {
        var connection: RedisConnection?
        while let jobs = mailbox.take() {
            for job in jobs {
                do throws(RedisError) {
                    if connection == nil {
                        connection = try RedisConnection(host: host, port: port, timeoutSeconds: timeoutSeconds)
                    }
                    job.answer.resume(returning: .success(try connection!.send(job.arguments)))
                } catch {
                    if error.kind != .refused { connection = nil }
                    job.answer.resume(returning: .failure(error))
                }
            }
        }
    }
}

/// A thread that may block.
enum DedicatedThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    static func start(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Body(body)).toOpaque()
        let status = pthread_create(
            &thread, nil,
            { context in
                Unmanaged<Body>.fromOpaque(context!).takeRetainedValue().run()
                return nil
            }, context)
        precondition(status == 0, "a thread cannot be started: \(status)")
        pthread_detach(thread)
    }
}
