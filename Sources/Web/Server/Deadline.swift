import Primitives

/// Ends work that takes too long: the work is cancelled, and the caller gets `timeout`.
enum Deadline {
    static func run<Value: Sendable>(
        seconds: Int, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let value = first else {
                throw Problem(.timeout, "This took longer than \(seconds) s and was stopped.")
            }
            return value
        }
    }
}
