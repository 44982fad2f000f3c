import Glibc

/// The commands that wait, with their condition. The thread holds it too, so that it outlives the client by one wake-up.
final class RedisMailbox: @unchecked Sendable {  // every access is under the POSIX mutex
    private var mutex = pthread_mutex_t()
    private var condition = pthread_cond_t()
    private var jobs: [RedisJob] = []
    private var isClosed = false

    init() {
        pthread_mutex_init(&mutex, nil)
        pthread_cond_init(&condition, nil)
    }

    deinit {
        pthread_cond_destroy(&condition)
        pthread_mutex_destroy(&mutex)
    }

    /// `false` when too many wait, or nobody takes them any more.
    func put(_ job: RedisJob) -> Bool {
        pthread_mutex_lock(&mutex)
        defer { pthread_mutex_unlock(&mutex) }
        guard !isClosed, jobs.count < RedisClient.waitingCommands else { return false }
        jobs.append(job)
        pthread_cond_signal(&condition)
        return true
    }

    func close() {
        pthread_mutex_lock(&mutex)
        isClosed = true
        pthread_cond_signal(&condition)
        pthread_mutex_unlock(&mutex)
    }

    /// Blocks until there is work; `nil` when the client is gone and everything was answered.
    func take() -> [RedisJob]? {
        pthread_mutex_lock(&mutex)
        defer { pthread_mutex_unlock(&mutex) }
        while jobs.isEmpty, !isClosed { pthread_cond_wait(&condition, &mutex) }
        guard !jobs.isEmpty else { return nil }
        defer { jobs = [] }
        return jobs
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
                // Writing to a server that has gone is an error of the write, not of the process.
                var pipe = sigset_t()
                sigemptyset(&pipe)
                sigaddset(&pipe, SIGPIPE)
                pthread_sigmask(SIG_BLOCK, &pipe, nil)
                Unmanaged<Body>.fromOpaque(context!).takeRetainedValue().run()
                return nil
            }, context)
        precondition(status == 0, "a thread cannot be started: \(status)")
        pthread_detach(thread)
    }
}
