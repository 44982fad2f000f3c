import HTTPTypes
import JSON
import Primitives
import Tenancy

/// Who changed what, at every level.
struct AuditOperations {
    let trail: AuditTrail
    typealias Level = TenantOperations.Level

    var all: [Operation] { Level.all.map(list) }

    private func list(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "Audit", method: .get, path: level.path + "/audit",
            summary: "Every change in this \(level.source.rawValue) and below, newest first.", tag: "Audit",
            access: .permission(.auditRead, on: level.source),
            query: QueryParameter.page + [
                .init("action", "Only this action, like plant.suspended."),
                .init("objectType", "Only objects of this type."), .init("objectId", "Only this object."),
                .init("actor", "Only what this principal did.", schema: Schema.uuid),
                .init("from", "Not before.", schema: Schema.timestamp),
                .init("to", "Before.", schema: Schema.timestamp),
            ],
            success: .init(.ok, "A page of entries.", schema: Schema.page(Self.schema))
        ) { call in
            let filter = AuditTrail.Filter(
                action: call.queryValues["action"], objectType: call.queryValues["objectType"],
                objectID: call.queryValues["objectId"], actor: try call.identifier("actor", PrincipalID.self),
                from: try call.timestamp("from"), to: try call.timestamp("to"))
            return try .page(await trail.entries(in: call.scope, matching: filter, page: call.pageRequest()), Self.json)
        }
    }

    private static let schema = Schema.object(
        [
            "id": Schema.uuid, "action": Schema.string, "objectType": Schema.string, "objectId": Schema.string,
            "old": Schema.anything, "new": Schema.anything, "reason": Schema.string, "actor": Schema.anyObject,
            "scope": Schema.string, "recordedAt": Schema.timestamp,
        ], required: ["id", "action", "objectType", "objectId", "actor", "recordedAt"])

    private static func json(_ recorded: RecordedAuditEntry) -> JSONValue {
        let entry = recorded.entry
        var actor: JSONObject = ["kind": .string(entry.actor.kind.rawValue), "name": .string(entry.actor.displayName)]
        actor.set("principalId", ifPresent: entry.actor.principalID.json)
        actor.set("origin", ifPresent: entry.actor.origin.map(JSONValue.string))
        var object: JSONObject = [
            "id": .string(recorded.id.description), "action": .string(entry.action),
            "objectType": .string(entry.objectType), "objectId": .string(entry.objectID), "actor": .object(actor),
            "recordedAt": .string(recorded.recordedAt.description),
        ]
        object.set("old", ifPresent: entry.old)
        object.set("new", ifPresent: entry.new)
        object.set("reason", ifPresent: entry.reason.map(JSONValue.string))
        object.set("scope", ifPresent: entry.scope.json)
        return .object(object)
    }
}
