import Execution
import HTTPTypes
import JSON
import Primitives
import Tenancy

/// Who decides for whom while somebody is away: in one plant, or in all plants of a client.
struct SubstitutionOperations {
    let substitutions: SubstitutionDirectory

    var all: [Operation] {
        [ScopeSource.client, .plant].flatMap { level in [list(level), create(level), end(level)] }
    }

    static let schema = Schema.object(
        [
            "id": Schema.uuid, "principalId": Schema.uuid, "principal": Schema.string, "substituteId": Schema.uuid,
            "substitute": Schema.string, "role": Schema.oneOf(Role.self), "lendsRoles": Schema.boolean,
            "from": Schema.timestamp, "until": Schema.timestamp, "endedEarlyAt": Schema.timestamp,
        ], required: ["id", "principalId", "principal", "substituteId", "substitute", "lendsRoles", "from", "until"])

    static func json(_ substitution: Substitution) -> JSONValue {
        var object: JSONObject = [
            "id": .string(substitution.id.description), "principalId": .string(substitution.principalID.description),
            "principal": .string(substitution.principalName),
            "substituteId": .string(substitution.substituteID.description),
            "substitute": .string(substitution.substituteName), "lendsRoles": .bool(substitution.lendsRoles),
            "from": .string(substitution.beginsAt.description), "until": .string(substitution.endsAt.description),
        ]
        object.set("role", ifPresent: substitution.role.map { .string($0.rawValue) })
        object.set("endedEarlyAt", ifPresent: substitution.endedEarlyAt.json)
        return .object(object)
    }

    private func path(_ level: ScopeSource) -> String { "/v1/\(level.rawValue)s/{\(level.rawValue)}/substitutions" }

    private func list(_ level: ScopeSource) -> Operation {
        Operation(
            id: "\(level.rawValue)ListSubstitutions", method: .get, path: path(level),
            summary: "Who stands in for whom, also in the past.", tag: "Human tasks",
            access: .permission(.humanTasksRead, on: level), query: QueryParameter.page,
            success: .init(.ok, "A page of substitutions.", schema: Schema.page(Self.schema))
        ) { call in
            try .page(await substitutions.list(in: call.scope, page: call.pageRequest()), Self.json)
        }
    }

    private func create(_ level: ScopeSource) -> Operation {
        Operation(
            id: "\(level.rawValue)CreateSubstitution", method: .post, path: path(level),
            summary:
                "Names a substitute for oneself, or, by an administrator, for somebody else. `lendsRoles` lets the "
                + "substitute decide in roles that it does not hold.",
            tag: "Human tasks", access: .permission(.humanTasksDecide, on: level),
            body: .init(
                Schema.object(
                    [
                        "principal": Schema.text, "substitute": Schema.text, "role": Schema.oneOf(Role.self),
                        "lendsRoles": Schema.boolean, "from": Schema.timestamp, "until": Schema.timestamp,
                    ], required: ["substitute", "until"])),
            success: .init(.created, "The substitution.", schema: Self.schema)
        ) { call in
            guard let until = call.body["until"]?.stringValue.flatMap({ Timestamp($0) }) else {
                throw Problem(
                    .invalidRequest, "The substitution is not valid.",
                    items: [.init(path: "/until", message: "Must be a date and time like 2026-01-31T08:00:00Z.")])
            }
            let new = SubstitutionDirectory.New(
                absent: call.body["principal"]?.stringValue, substitute: call.text("substitute"),
                role: call.body["role"]?.stringValue.flatMap(Role.init(rawValue:)),
                lendsRoles: call.body["lendsRoles"]?.boolValue ?? false,
                beginsAt: call.body["from"]?.stringValue.flatMap { Timestamp($0) }, endsAt: until)
            let made = try await substitutions.add(
                new, in: call.scope, by: try call.caller(), from: call.actor.origin)
            return .json(Self.json(made), .created)
        }
    }

    private func end(_ level: ScopeSource) -> Operation {
        Operation(
            id: "\(level.rawValue)EndSubstitution", method: .post, path: path(level) + "/{substitution}/end",
            summary: "Ends a substitution before its time.", tag: "Human tasks",
            access: .permission(.humanTasksDecide, on: level),
            success: .init(.ok, "The substitution as it is now.", schema: Self.schema)
        ) { call in
            let ended = try await substitutions.end(
                call.id("substitution", of: "substitution"), in: call.scope, by: try call.caller(),
                from: call.actor.origin)
            return .json(Self.json(ended))
        }
    }
}
