import CPostgres
import Glibc

/// A thread of the operating system for calls that may block: they must never hold a thread of Swift's pool.
enum DedicatedThread {
    /// Starts a detached thread. `name` is shown by `top -H` (15 bytes at most).
    static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Body(name: name, run: body))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                _ = pthread_setname_np(pthread_self(), String(body.name.prefix(15)))
                body.run()
                return nil
            }, box.toOpaque())
        precondition(status == 0, "the system has no thread left (errno \(status))")
        pthread_detach(thread)
    }

    /// Runs a blocking body on a thread of its own and waits without blocking the caller's.
    nonisolated(nonsending) static func run<Value: Sendable>(
        _ name: String, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            start(name) { continuation.resume(with: Result(catching: body)) }
        }
    }

    private final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void
        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }
}
