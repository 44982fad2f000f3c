import HTTPTypes
import JSON
import Primitives
import Tenancy

/// The hosts that a plant's runner may reach.
struct EgressOperations {
    let egress: EgressDirectory

    var all: [Operation] { [list, put, remove] }

    private static let schema = Schema.object(
        ["host": Schema.string, "port": Schema.integer, "allowsPrivate": Schema.boolean], required: ["host", "port"])

    private static func json(_ rule: EgressRule) -> JSONValue {
        ["host": .string(rule.host), "port": JSONValue(rule.port), "allowsPrivate": .bool(rule.allowsPrivate)]
    }

    private var list: Operation {
        Operation(
            id: "listEgressRules", method: .get, path: "/v1/plants/{plant}/egress-rules",
            summary: "The plant's allow-list. What no rule names is refused.", tag: "Egress",
            access: .permission(.egressRead, on: .plant),
            success: .init(.ok, "All rules.", schema: Schema.object(["items": Schema.array(Self.schema)]))
        ) { call in .json(["items": .array(try await egress.rules(of: call.scope).map(Self.json))]) }
    }

    private var put: Operation {
        Operation(
            id: "putEgressRule", method: .put, path: "/v1/plants/{plant}/egress-rules",
            summary: "Adds a rule, or changes the one for the same host and port.", tag: "Egress",
            access: .permission(.egressWrite, on: .plant), body: .init(Self.schema),
            success: .init(.ok, "The rule.", schema: Self.schema)
        ) { call in
            let rule = try EgressRule(
                host: call.text("host"), port: call.body["port"]?.intValue ?? 0,
                allowsPrivate: call.body["allowsPrivate"]?.boolValue ?? false)
            try await egress.put(rule, for: call.scope, by: call.actor)
            return .json(Self.json(rule))
        }
    }

    private var remove: Operation {
        Operation(
            id: "removeEgressRule", method: .delete, path: "/v1/plants/{plant}/egress-rules",
            summary: "Removes a rule.", tag: "Egress", access: .permission(.egressWrite, on: .plant),
            query: [
                .init("host", "The rule's host.", isRequired: true),
                .init("port", "The rule's port.", schema: Schema.integer, isRequired: true),
            ], success: .init(.noContent, "It is removed.")
        ) { call in
            try await egress.remove(
                host: call.queryValues["host"] ?? "", port: try call.integer("port") ?? 0, from: call.scope,
                by: call.actor)
            return .noContent
        }
    }
}
