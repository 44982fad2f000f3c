import HTTPTypes
import JSON
import Primitives
import Tenancy

/// Partners, clients and plants: the same acts on three levels.
struct TenantOperations {
    let tenants: TenantDirectory

    var all: [Operation] {
        [findPlace, listPartners, createPartner, listClients, createClient, listPlants, createPlant]
            + [Level.partner, .client, .plant].flatMap { level in
                [read(level), change(level), suspend(level), resume(level), delete(level)]
            }
    }

    /// How one level appears in paths, names and permissions.
    struct Level {
        var source: ScopeSource
        var plural: String
        var title: String
        var readPermission: Permission
        var writePermission: Permission

        var path: String { source == .platform ? "/v1/platform" : "/v1/\(plural)/{\(source.rawValue)}" }

        static let partner = Level(
            source: .partner, plural: "partners", title: "Partner", readPermission: .partnersRead,
            writePermission: .partnersWrite)
        static let client = Level(
            source: .client, plural: "clients", title: "Client", readPermission: .clientsRead,
            writePermission: .clientsWrite)
        static let plant = Level(
            source: .plant, plural: "plants", title: "Plant", readPermission: .plantsRead,
            writePermission: .plantsWrite)
        /// Where people and brands belong that are nobody's but the platform's.
        static let platform = Level(
            source: .platform, plural: "platform", title: "Platform", readPermission: .partnersRead,
            writePermission: .partnersWrite)
        static let all = [platform, partner, client, plant]
    }

    static func json(_ tenant: Tenant) -> JSONValue {
        var object: JSONObject = [
            "id": .string(tenant.ownID), "slug": .string(tenant.slug), "name": .string(tenant.name),
            "status": .string(tenant.status.rawValue), "createdAt": .string(tenant.createdAt.description),
        ]
        if tenant.scope.level != .partner { object.set("partnerId", ifPresent: tenant.scope.partnerID.json) }
        if tenant.scope.level == .plant { object.set("clientId", ifPresent: tenant.scope.clientID.json) }
        object.set("timeZone", ifPresent: tenant.timeZone.map(JSONValue.string))
        object.set("currency", ifPresent: tenant.currency.map { .string($0.code) })
        return .object(object)
    }

    static let schema = Schema.object(
        [
            "id": Schema.uuid, "partnerId": Schema.uuid, "clientId": Schema.uuid, "slug": Schema.string,
            "name": Schema.string, "status": Schema.oneOf(TenantStatus.self), "timeZone": Schema.string,
            "currency": Schema.string, "createdAt": Schema.timestamp,
        ], required: ["id", "slug", "name", "status", "createdAt"])

    // MARK: Finding by name

    /// For whoever knows a plant by its name and holds a role only there, and so cannot read the levels above.
    private var findPlace: Operation {
        Operation(
            id: "findPlace", method: .get, path: "/v1/places",
            summary: "The identifiers of a partner, client or plant that is named by its path of slugs.",
            tag: "Tenants", access: .authenticated,
            query: [.init("path", "partner, partner/client or partner/client/plant.", isRequired: true)],
            success: .init(
                .ok, "The place.",
                schema: Schema.object(
                    [
                        "level": Schema.oneOf(TenantLevel.self), "path": Schema.string, "name": Schema.string,
                        "status": Schema.oneOf(TenantStatus.self), "partnerId": Schema.uuid, "clientId": Schema.uuid,
                        "plantId": Schema.uuid, "timeZone": Schema.string,
                    ], required: ["level", "path", "name", "status", "partnerId"]))
        ) { call in
            let caller = try call.caller()
            guard let place = try await tenants.place(path: call.queryValues["path"] ?? ""),
                caller.bindings.contains(where: { $0.scope.covers(place.scope) })
            else { throw Problem.notFound("place") }
            var object: JSONObject = [
                "level": .string(place.scope.level.rawValue), "path": .string(place.path), "name": .string(place.name),
                "status": .string(place.status.rawValue),
            ]
            object.set("partnerId", ifPresent: place.scope.partnerID.json)
            object.set("clientId", ifPresent: place.scope.clientID.json)
            object.set("plantId", ifPresent: place.scope.plantID.json)
            object.set("timeZone", ifPresent: place.timeZone.map(JSONValue.string))
            return .json(.object(object))
        }
    }

    // MARK: Lists and making

    private var listPartners: Operation {
        Operation(
            id: "listPartners", method: .get, path: "/v1/partners", summary: "The partners that you can see.",
            tag: "Tenants", access: .authenticated, query: QueryParameter.page,
            success: .init(.ok, "A page of partners.", schema: Schema.page(Self.schema))
        ) { call in
            let caller = try call.caller()
            if caller.allows(.partnersRead, in: .platform) {
                return try .page(await tenants.children(of: .platform, page: call.pageRequest()), Self.json)
            }
            let own = Set(caller.bindings.compactMap(\.scope.partnerID))
            var items: [Tenant] = []
            for partner in own.sorted() where caller.allows(.partnersRead, in: .partner(partner)) {
                items.append(try await tenants.tenant(.partner(partner)))
            }
            return .page(Page(items: items, next: nil), Self.json)
        }
    }

    private var createPartner: Operation {
        Operation(
            id: "createPartner", method: .post, path: "/v1/partners", summary: "Adds a partner to the platform.",
            tag: "Tenants", access: .permission(.partnersWrite, on: .platform),
            body: .init(Schema.object(["slug": Schema.string, "name": Schema.string], required: ["slug", "name"])),
            success: .init(.created, "The partner.", schema: Self.schema)
        ) { call in
            let tenant = try await tenants.createPartner(
                slug: call.text("slug"), name: call.text("name"), by: call.actor)
            return .created(Self.json(tenant), at: "/v1/partners/\(tenant.ownID)", version: tenant.version)
        }
    }

    private var listClients: Operation {
        list("listClients", "/v1/partners/{partner}/clients", "The clients of a partner.", .clientsRead, .partner)
    }

    private var listPlants: Operation {
        list("listPlants", "/v1/clients/{client}/plants", "The plants of a client.", .plantsRead, .client)
    }

    private func list(
        _ id: String, _ path: String, _ summary: String, _ permission: Permission, _ source: ScopeSource
    ) -> Operation {
        Operation(
            id: id, method: .get, path: path, summary: summary, tag: "Tenants",
            access: .permission(permission, on: source), query: QueryParameter.page,
            success: .init(.ok, "A page of them.", schema: Schema.page(Self.schema))
        ) { call in
            try .page(await tenants.children(of: call.scope, page: call.pageRequest()), Self.json)
        }
    }

    private var createClient: Operation {
        Operation(
            id: "createClient", method: .post, path: "/v1/partners/{partner}/clients",
            summary: "Adds a client to a partner.", tag: "Tenants", access: .permission(.clientsWrite, on: .partner),
            body: .init(
                Schema.object(
                    ["slug": Schema.string, "name": Schema.string, "currency": Schema.string],
                    required: ["slug", "name"])),
            success: .init(.created, "The client.", schema: Self.schema)
        ) { call in
            guard let partner = call.scope.partnerID else { throw Problem.notFound("partner") }
            let tenant = try await tenants.createClient(
                in: partner, slug: call.text("slug"), name: call.text("name"),
                currency: call.body["currency"]?.stringValue, by: call.actor)
            return .created(Self.json(tenant), at: "/v1/clients/\(tenant.ownID)", version: tenant.version)
        }
    }

    private var createPlant: Operation {
        Operation(
            id: "createPlant", method: .post, path: "/v1/clients/{client}/plants",
            summary: "Adds a plant to a client; its runner is started at once.", tag: "Tenants",
            access: .permission(.plantsWrite, on: .client),
            body: .init(
                Schema.object(
                    ["slug": Schema.string, "name": Schema.string, "timeZone": Schema.string],
                    required: ["slug", "name", "timeZone"])),
            success: .init(.created, "The plant.", schema: Self.schema)
        ) { call in
            guard let partner = call.scope.partnerID, let client = call.scope.clientID else {
                throw Problem.notFound("client")
            }
            let tenant = try await tenants.createPlant(
                in: partner, client, slug: call.text("slug"), name: call.text("name"),
                timeZone: call.text("timeZone"), by: call.actor)
            return .created(Self.json(tenant), at: "/v1/plants/\(tenant.ownID)", version: tenant.version)
        }
    }

    // MARK: One tenant

    private func read(_ level: Level) -> Operation {
        Operation(
            id: "read\(level.title)", method: .get, path: level.path,
            summary: "One \(level.source.rawValue), with its ETag.", tag: "Tenants",
            access: .permission(level.readPermission, on: level.source),
            success: .init(.ok, "The \(level.source.rawValue).", schema: Self.schema)
        ) { call in
            let tenant = try await tenants.tenant(call.scope)
            return .versioned(Self.json(tenant), tenant.version)
        }
    }

    private func change(_ level: Level) -> Operation {
        var properties: JSONObject = ["name": Schema.string, "reason": Schema.text]
        if level.source == .plant { properties["timeZone"] = Schema.string }
        if level.source == .client { properties["currency"] = Schema.string }
        return Operation(
            id: "change\(level.title)", method: .patch, path: level.path,
            summary: "Changes a \(level.source.rawValue).", tag: "Tenants",
            access: .permission(level.writePermission, on: level.source), body: .init(Schema.object(properties)),
            success: .init(.ok, "The \(level.source.rawValue) as it is now.", schema: Self.schema),
            requiresVersion: true
        ) { call in
            let change = TenantChange(
                name: call.body["name"]?.stringValue, timeZone: call.body["timeZone"]?.stringValue,
                currency: call.body["currency"]?.stringValue)
            let tenant = try await tenants.change(
                call.scope, change, expecting: call.expectedVersion, reason: call.body["reason"]?.stringValue,
                by: call.actor)
            return .versioned(Self.json(tenant), tenant.version)
        }
    }

    private func suspend(_ level: Level) -> Operation {
        Operation(
            id: "suspend\(level.title)", method: .post, path: level.path + "/suspend",
            summary: "Suspends a \(level.source.rawValue) and everything below it.", tag: "Tenants",
            access: .permission(level.writePermission, on: level.source), body: .init(Schema.requiredReason),
            success: .init(.ok, "The \(level.source.rawValue) as it is now.", schema: Self.schema)
        ) { call in
            let tenant = try await tenants.suspend(call.scope, reason: call.text("reason"), by: call.actor)
            return .versioned(Self.json(tenant), tenant.version)
        }
    }

    private func resume(_ level: Level) -> Operation {
        Operation(
            id: "resume\(level.title)", method: .post, path: level.path + "/resume",
            summary: "Ends the suspension of a \(level.source.rawValue).", tag: "Tenants",
            access: .permission(level.writePermission, on: level.source), body: .init(Schema.reason),
            success: .init(.ok, "The \(level.source.rawValue) as it is now.", schema: Self.schema),
            isAllowedWhileSuspended: true
        ) { call in
            let tenant = try await tenants.resume(
                call.scope, reason: call.body["reason"]?.stringValue, by: call.actor)
            return .versioned(Self.json(tenant), tenant.version)
        }
    }

    private func delete(_ level: Level) -> Operation {
        Operation(
            id: "delete\(level.title)", method: .delete, path: level.path,
            summary: "Deletes a \(level.source.rawValue). Final; its audit and invoices stay.", tag: "Tenants",
            access: .permission(level.writePermission, on: level.source),
            query: [.init("reason", "Why, for the audit.", isRequired: true)],
            success: .init(.noContent, "It is deleted."), requiresVersion: true
        ) { call in
            try await tenants.delete(
                call.scope, expecting: call.expectedVersion, reason: call.queryValues["reason"] ?? "", by: call.actor)
            return .noContent
        }
    }
}

extension Tenant {
    /// The identifier of its own level.
    var ownID: String {
        switch scope {
        case .platform: "platform"
        case .partner(let id): id.description
        case .client(_, let id): id.description
        case .plant(_, _, let id): id.description
        }
    }
}

extension Optional where Wrapped: CustomStringConvertible {
    var json: JSONValue? { map { .string($0.description) } }
}

extension Call {
    /// A text member of the body that the schema requires.
    func text(_ name: String) -> String { body[name]?.stringValue ?? "" }
}
