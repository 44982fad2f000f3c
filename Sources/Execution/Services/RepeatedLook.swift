import Logging
import ServiceLifecycle

/// What a service of the shell does for as long as its process serves: it looks, and sleeps until it must look again. A look
/// that fails is said in the log and tried again.
struct RepeatedLook: Sendable {
    /// What the log says of a look that failed.
    let complaint: Logger.Message
    let pauseAfterFailureSeconds: Double
    let logger: Logger

    /// - Parameters:
    ///   - look: answers the seconds until the next one.
    ///   - sleep: for so many seconds, or until somebody rings.
    func run(look: @escaping @Sendable () async throws -> Double, sleep: @escaping @Sendable (Double) async -> Void)
        async
    {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                var pause = pauseAfterFailureSeconds
                do {
                    pause = try await look()
                } catch {
                    if Task.isCancelled { return }
                    logger.warning(complaint, metadata: ["reason": "\(error)"])
                }
                await sleep(pause)
            }
        }
    }
}
