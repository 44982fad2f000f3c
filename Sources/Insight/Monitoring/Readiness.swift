package import Database
import Primitives

/// Whether the control plane can do its work: what is missing, by a name that its operator knows.
package struct Readiness: Sendable {
    /// A probe that waits longer than this gets no answer from whoever asks: orchestrators give up after a few seconds.
    package static let patience: Duration = .seconds(2)

    private let database: Database

    package init(_ database: Database) { self.database = database }

    /// Empty when requests can be served.
    package func missing() async -> [String] {
        do {
            _ = try await database.read(.platform, deadline: Self.patience) { try await $0.query("SELECT 1 AS one") }
            return []
        } catch {
            return ["PostgreSQL"]
        }
    }
}
