import CConcurrencyHook
import Glibc
import Primitives
import Synchronization

/// Runs every task of the process on the thread that calls `runUntilBlocked`, in an order that the seed decides.
///
/// Tasks are queued here by the runtime's hook. Answers of the server arrive from the database's own threads; they count only
/// when nothing else can run, and `runUntilBlocked` waits for all that are on their way. So what the tasks see does not
/// depend on how fast the server was.
final class SimulationThread: TaskExecutor {
    /// The hook is a C function: it can know only one of them.
    static let shared = SimulationThread()

    private typealias Enqueue = @convention(thin) (UnownedJob) -> Void
    private typealias Hook = @convention(thin) (UnownedJob, Enqueue) -> Void

    private struct Queue {
        var ready: [UnownedJob] = []
        /// From other threads.
        var arrived: [UnownedJob] = []
        var inFlight = 0
    }

    private let queue = Mutex(Queue())
    /// Decides which of the tasks that can run does.
    private let random = Mutex(SimulationRandom(seed: 0, stream: 3))
    /// The two ends of a pipe, on which other threads say that something has arrived.
    private let arrivals: (read: Int32, write: Int32)
    private let owner: pthread_t

    private init() {
        var ends: [Int32] = [0, 0]
        precondition(pipe(&ends) == 0, "no descriptor is left for the simulation's pipe")
        arrivals = (ends[0], ends[1])
        owner = pthread_self()
    }

    /// From now on no task of this process runs on any other thread. There is no way back.
    func takeOver() {
        let hook: Hook = { job, _ in SimulationThread.shared.add(job) }
        concurrency_hook_set(unsafeBitCast(hook, to: UnsafeMutableRawPointer.self))
    }

    func enqueue(_ job: consuming ExecutorJob) { add(UnownedJob(job)) }

    private func add(_ job: UnownedJob) {
        guard pthread_equal(pthread_self(), owner) == 0 else { return queue.withLock { $0.ready.append(job) } }
        queue.withLock { $0.arrived.append(job) }
        var one: UInt8 = 1
        _ = write(arrivals.write, &one, 1)
    }

    func beginSeed(_ seed: UInt64) { random.withLock { $0 = SimulationRandom(seed: seed, stream: 3) } }

    // MARK: What is on its way to the server

    func sent() { queue.withLock { $0.inFlight += 1 } }
    func answered() { queue.withLock { $0.inFlight -= 1 } }

    /// Far more than ever run between two choices of the scheduler.
    private static let maximumJobs = 200_000

    /// Runs tasks until every one of them waits for the scheduler.
    /// - Throws: when they wake one another for ever, and when the server does not answer for `patienceSeconds`, which no
    ///   seed explains.
    func runUntilBlocked() throws(Problem) {
        let executor = asUnownedTaskExecutor()
        var jobs = 0
        while true {
            while let job = take() {
                job.runSynchronously(on: executor)
                jobs += 1
                if jobs > Self.maximumJobs {
                    throw Problem(.timeout, "Tasks wake one another for ever, and no time goes by.")
                }
            }
            guard queue.withLock({ $0.inFlight > 0 || !$0.arrived.isEmpty }) else { return }
            try waitForArrival()
        }
    }

    private func take() -> UnownedJob? {
        let count = queue.withLock { $0.ready.count }
        guard count > 0 else { return nil }
        let place = count == 1 ? 0 : random.withLock { $0.below(count) }
        return queue.withLock { $0.ready.remove(at: place) }
    }

    private static let patienceSeconds: Int32 = 60

    private func waitForArrival() throws(Problem) {
        while true {
            let hasArrived = queue.withLock { queue in
                queue.ready += queue.arrived
                queue.arrived = []
                return !queue.ready.isEmpty
            }
            if hasArrived { return }
            var descriptor = pollfd(fd: arrivals.read, events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, Self.patienceSeconds * 1000) != 0 else {
                throw Problem(.timeout, "PostgreSQL has not answered a statement for \(Self.patienceSeconds) s.")
            }
            var bytes = (UInt64(0), UInt64(0))
            _ = read(arrivals.read, &bytes, 16)
        }
    }
}
