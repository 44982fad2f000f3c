package import NIOCore

extension EventLoop {
    /// Waits on this loop's own timer: no thread of the system is woken for it. Cancelling ends it with an error.
    package func pause(seconds: Double) async throws {
        let promise = makePromise(of: Void.self)
        let timer = scheduleTask(in: TimeAmount(seconds: seconds)) { promise.succeed() }
        try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            timer.cancel()
            promise.fail(CancellationError())
        }
    }
}
