/// Runs tasks wherever what it is given runs closures: on an event loop, with it as the preference of the outermost task, so
/// that all of them stay on one thread.
package final class RelayTaskExecutor: TaskExecutor {
    private let execute: @Sendable (@escaping @Sendable () -> Void) -> Void

    /// - Parameter execute: runs what it is given once, never at the same time as another, and does not wait for it.
    package init(_ execute: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) { self.execute = execute }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
