import Database
import JSON
package import Primitives
import Tenancy

extension ConnectionDirectory {
    /// Writes into the audit that a connection, and with it its credential, was tried, and how that ended.
    ///
    /// - Parameter failure: the class of failure; `nil` when the test went well.
    package func recordTest(
        of connection: PlantConnection, failure: String?, in scope: TenantScope, by actor: Actor
    ) async throws {
        var outcome: JSONValue = ["name": .string(connection.name), "ok": .bool(failure == nil)]
        if let failure { outcome.set("failure", .string(failure)) }
        let entry = AuditEntry(
            "connection.tested", objectType: "connection", objectID: connection.id.description, new: outcome, by: actor)
        _ = try await database.transaction(scope) { try await $0.record(entry) }
    }
}
