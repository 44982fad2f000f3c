import HTTPTypes
import JSON
import Primitives
import Tenancy

/// People and machines: principals, their roles and their API keys, at every level.
struct PrincipalOperations {
    let principals: PrincipalDirectory
    typealias Level = TenantOperations.Level

    var all: [Operation] {
        [whoAmI]
            + Level.all.flatMap { level in
                [
                    list(level), create(level), read(level), change(level), move(level, "disable"),
                    move(level, "enable"), delete(level), grant(level), revoke(level), listKeys(level),
                    issueKey(level), revokeKey(level), setPassword(level),
                ]
            }
    }

    static func json(_ principal: Principal) -> JSONValue {
        var object: JSONObject = [
            "id": .string(principal.id.description), "kind": .string(principal.kind.rawValue),
            "displayName": .string(principal.displayName), "status": .string(principal.status.rawValue),
            "home": .string(principal.home.description),
            "roles": .array(principal.bindings.map(json)), "createdAt": .string(principal.createdAt.description),
        ]
        object.set("email", ifPresent: principal.email.map(JSONValue.string))
        return .object(object)
    }

    static func json(_ binding: RoleBinding) -> JSONValue {
        var object: JSONObject = [
            "role": .string(binding.role.rawValue), "level": .string(binding.scope.level.rawValue),
        ]
        object.set("partnerId", ifPresent: binding.scope.partnerID.json)
        object.set("clientId", ifPresent: binding.scope.clientID.json)
        object.set("plantId", ifPresent: binding.scope.plantID.json)
        return .object(object)
    }

    static func json(_ key: APIKey) -> JSONValue {
        var object: JSONObject = [
            "id": .string(key.id.description), "name": .string(key.name), "prefix": .string(key.prefix),
            "createdAt": .string(key.createdAt.description),
        ]
        object.set("expiresAt", ifPresent: key.expiresAt.json)
        object.set("revokedAt", ifPresent: key.revokedAt.json)
        object.set("lastUsedAt", ifPresent: key.lastUsedAt.json)
        return .object(object)
    }

    static let bindingSchema = Schema.object(
        [
            "role": Schema.oneOf(Role.self), "level": Schema.oneOf(TenantLevel.self), "partnerId": Schema.uuid,
            "clientId": Schema.uuid, "plantId": Schema.uuid,
        ], required: ["role"])
    static let schema = Schema.object(
        [
            "id": Schema.uuid, "kind": Schema.oneOf(Actor.Kind.self), "displayName": Schema.string,
            "email": Schema.string, "status": Schema.oneOf(Principal.Status.self), "home": Schema.string,
            "roles": Schema.array(bindingSchema), "createdAt": Schema.timestamp,
        ], required: ["id", "kind", "displayName", "status", "roles"])
    static let keySchema = Schema.object(
        [
            "id": Schema.uuid, "name": Schema.string, "prefix": Schema.string, "createdAt": Schema.timestamp,
            "expiresAt": Schema.timestamp, "revokedAt": Schema.timestamp, "lastUsedAt": Schema.timestamp,
            "token": ["type": "string", "description": "The key itself. It is shown only here."],
        ], required: ["id", "name", "prefix"])

    private var whoAmI: Operation {
        Operation(
            id: "readSelf", method: .get, path: "/v1/me", summary: "Who you are and which roles you hold.",
            tag: "Principals", access: .authenticated, success: .init(.ok, "The principal.", schema: Self.schema)
        ) { call in .json(Self.json(try call.caller())) }
    }

    private func operation(
        _ id: String, _ level: Level, _ method: HTTPRequest.Method, _ suffix: String, _ summary: String,
        _ permission: Permission, query: [QueryParameter] = [], body: JSONValue? = nil, success: SuccessDeclaration,
        _ handler: @escaping @Sendable (Call) async throws -> Reply
    ) -> Operation {
        Operation(
            id: level.title.lowercased() + id, method: method, path: level.path + suffix, summary: summary,
            tag: "Principals", access: .permission(permission, on: level.source), query: query,
            body: body.map { RequestBodyDeclaration($0) }, success: success, handler: handler)
    }

    private func list(_ level: Level) -> Operation {
        operation(
            "Principals", level, .get, "/principals",
            "Everybody who belongs to this \(level.source.rawValue) or below.",
            .principalsRead, query: QueryParameter.page,
            success: .init(.ok, "A page of principals.", schema: Schema.page(Self.schema))
        ) { call in try .page(await principals.principals(in: call.scope, page: call.pageRequest()), Self.json) }
    }

    private func create(_ level: Level) -> Operation {
        operation(
            "CreatePrincipal", level, .post, "/principals", "Adds a person, or a machine that will use an API key.",
            .principalsWrite,
            body: Schema.object(
                [
                    "kind": ["enum": ["user", "api-key"]], "displayName": Schema.text, "email": Schema.string,
                    "password": ["type": "string", "minLength": 12, "maxLength": .number(JSONNumber(200))],
                    "roles": Schema.array(Self.bindingSchema),
                ], required: ["kind", "displayName"]),
            success: .init(.created, "The principal.", schema: Self.schema)
        ) { call in
            let bindings = try (call.body["roles"]?.arrayValue ?? []).map { try Self.binding($0, in: call.scope) }
            let new = NewPrincipal(
                kind: Actor.Kind(rawValue: call.text("kind")) ?? .user, displayName: call.text("displayName"),
                email: call.body["email"]?.stringValue,
                password: call.body["password"]?.stringValue.map { Redacted($0) },
                home: call.scope, bindings: bindings)
            let made = try await principals.create(new, grantedBy: .principal(try call.caller()), by: call.actor)
            let location = "\(Self.path(call))/\(made.id)"
            return .created(Self.json(made), at: location, version: made.version)
        }
    }

    private func read(_ level: Level) -> Operation {
        operation(
            "ReadPrincipal", level, .get, "/principals/{principal}", "One principal, with its ETag.", .principalsRead,
            success: .init(.ok, "The principal.", schema: Self.schema)
        ) { call in
            let principal = try await principals.principal(call.id("principal", of: "principal"), in: call.scope)
            return .versioned(Self.json(principal), principal.version)
        }
    }

    private func change(_ level: Level) -> Operation {
        var declared = operation(
            "ChangePrincipal", level, .patch, "/principals/{principal}", "Changes a name or an address.",
            .principalsWrite, body: Schema.object(["displayName": Schema.text, "email": Schema.string]),
            success: .init(.ok, "The principal as it is now.", schema: Self.schema)
        ) { call in
            let change = PrincipalChange(
                displayName: call.body["displayName"]?.stringValue, email: call.body["email"]?.stringValue)
            let changed = try await principals.change(
                call.id("principal", of: "principal"), change, in: call.scope, expecting: call.expectedVersion,
                by: call.actor)
            return .versioned(Self.json(changed), changed.version)
        }
        declared.requiresVersion = true
        return declared
    }

    private func move(_ level: Level, _ verb: String) -> Operation {
        operation(
            "\(verb.prefix(1).uppercased() + verb.dropFirst())Principal", level, .post,
            "/principals/{principal}/\(verb)",
            verb == "disable" ? "Ends sign-in and keys until it is enabled again." : "Lets a principal act again.",
            .principalsWrite, body: Schema.reason,
            success: .init(.ok, "The principal as it is now.", schema: Self.schema)
        ) { call in
            let id: PrincipalID = try call.id("principal", of: "principal")
            let reason = call.body["reason"]?.stringValue
            let moved =
                verb == "disable"
                ? try await principals.disable(id, in: call.scope, reason: reason, by: call.actor)
                : try await principals.enable(id, in: call.scope, reason: reason, by: call.actor)
            return .versioned(Self.json(moved), moved.version)
        }
    }

    private func delete(_ level: Level) -> Operation {
        operation(
            "DeletePrincipal", level, .delete, "/principals/{principal}", "Deletes a principal. Final.",
            .principalsWrite, query: [.init("reason", "Why, for the audit.")],
            success: .init(.noContent, "It is deleted.")
        ) { call in
            try await principals.delete(
                call.id("principal", of: "principal"), in: call.scope, reason: call.queryValues["reason"],
                by: call.actor)
            return .noContent
        }
    }

    private func grant(_ level: Level) -> Operation {
        operation(
            "GrantRole", level, .post, "/principals/{principal}/roles", "Gives a role in this scope or below.",
            .roleBindingsWrite, body: Self.bindingSchema,
            success: .init(.ok, "The principal as it is now.", schema: Self.schema)
        ) { call in
            let changed = try await principals.grant(
                try Self.binding(call.body, in: call.scope), to: call.id("principal", of: "principal"), in: call.scope,
                grantedBy: .principal(try call.caller()), by: call.actor)
            return .versioned(Self.json(changed), changed.version)
        }
    }

    private func revoke(_ level: Level) -> Operation {
        operation(
            "RevokeRole", level, .post, "/principals/{principal}/roles/revoke", "Takes a role away.",
            .roleBindingsWrite, body: Self.bindingSchema,
            success: .init(.ok, "The principal as it is now.", schema: Self.schema)
        ) { call in
            let changed = try await principals.revoke(
                try Self.binding(call.body, in: call.scope), from: call.id("principal", of: "principal"),
                in: call.scope, grantedBy: .principal(try call.caller()), by: call.actor)
            return .versioned(Self.json(changed), changed.version)
        }
    }

    private func setPassword(_ level: Level) -> Operation {
        operation(
            "SetPassword", level, .post, "/principals/{principal}/password", "Sets a person's password.",
            .principalsWrite,
            body: Schema.object(
                ["password": ["type": "string", "minLength": 12, "maxLength": .number(JSONNumber(200))]],
                required: ["password"]),
            success: .init(.noContent, "It is set.")
        ) { call in
            try await principals.setPassword(
                of: call.id("principal", of: "principal"), to: Redacted(call.text("password")), in: call.scope,
                by: call.actor)
            return .noContent
        }
    }

    private func listKeys(_ level: Level) -> Operation {
        operation(
            "APIKeys", level, .get, "/principals/{principal}/api-keys", "The API keys of a principal, without secrets.",
            .apiKeysRead, success: .init(.ok, "All keys, newest first.", schema: Schema.page(Self.keySchema))
        ) { call in
            let keys = try await principals.keys(of: call.id("principal", of: "principal"), in: call.scope)
            return .page(Page(items: keys, next: nil), Self.json)
        }
    }

    private func issueKey(_ level: Level) -> Operation {
        operation(
            "IssueAPIKey", level, .post, "/principals/{principal}/api-keys",
            "Makes an API key. The answer is the only place where it can be read.", .apiKeysWrite,
            body: Schema.object(["name": Schema.text, "expiresAt": Schema.timestamp], required: ["name"]),
            success: .init(.created, "The key, with its token.", schema: Self.keySchema)
        ) { call in
            let expiresAt = call.body["expiresAt"]?.stringValue
            guard expiresAt == nil || expiresAt.flatMap({ Timestamp($0) }) != nil else {
                throw Problem(
                    .invalidParameters, "The key cannot be made.",
                    items: [.init(path: "/expiresAt", message: "Must be a date and time of RFC 3339.")])
            }
            let issued = try await principals.issueKey(
                for: call.id("principal", of: "principal"), name: call.text("name"),
                expiresAt: expiresAt.flatMap { Timestamp($0) }, in: call.scope, by: call.actor)
            let shown = Self.json(issued.key)
            var body = shown
            body.set("token", .string(issued.token.reveal()))
            var reply = Reply(.created, .json(body))
            reply.keptBody = shown
            return reply
        }
    }

    private func revokeKey(_ level: Level) -> Operation {
        operation(
            "RevokeAPIKey", level, .post, "/api-keys/{key}/revoke", "Revokes an API key at once.", .apiKeysWrite,
            body: Schema.reason, success: .init(.ok, "The key as it is now.", schema: Self.keySchema)
        ) { call in
            let key = try await principals.revokeKey(
                call.id("key", of: "API key"), in: call.scope, reason: call.body["reason"]?.stringValue, by: call.actor)
            return .json(Self.json(key))
        }
    }

    /// A binding without identifiers means the scope of the path.
    private static func binding(_ value: JSONValue, in scope: TenantScope) throws(Problem) -> RoleBinding {
        guard let role = value["role"]?.stringValue.flatMap(Role.init(rawValue:)) else {
            throw Problem(.invalidParameters, "There is no such role.")
        }
        let partner = value["partnerId"]?.stringValue.flatMap { PartnerID($0) } ?? scope.partnerID
        let client = value["clientId"]?.stringValue.flatMap { ClientID($0) } ?? scope.clientID
        let plant = value["plantId"]?.stringValue.flatMap { PlantID($0) } ?? scope.plantID
        let target: TenantScope =
            switch (partner, client, plant) {
            case (let partner?, let client?, let plant?): .plant(partner, client, plant)
            case (let partner?, let client?, nil): .client(partner, client)
            case (let partner?, nil, _): .partner(partner)
            default: .platform
            }
        guard scope.covers(target) else { throw Problem.notFound("scope") }
        if let level = value["level"]?.stringValue, level != target.level.rawValue {
            let message = "The identifiers beside it name a \(target.level.rawValue)."
            throw Problem(
                .invalidParameters, "The role cannot be given like this.",
                items: [.init(path: "/level", message: message)])
        }
        return RoleBinding(role: role, scope: target)
    }

    private static func path(_ call: Call) -> String {
        var path = call.operation.path
        for (name, value) in call.pathValues { path = path.replacing("{\(name)}", with: value) }
        return path
    }
}
