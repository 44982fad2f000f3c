package import Database
package import Primitives
package import Tenancy

/// Tenants, principals and keys for tests, on a database of `PostgresFixture`.
///
/// ```swift
/// let tenants = TenantFixture(database)
/// let plant = try await tenants.makePlant()                     // partner, client and plant of their own
/// let supervisor = try await tenants.makePrincipal(.supervisor, in: plant.scope)
/// request.headers["Authorization"] = "Bearer \(supervisor.key)"
/// ```
package struct TenantFixture: Sendable {
    package let database: Database
    package let feed: TenancyFeed
    package let directory: TenantDirectory
    package let principals: PrincipalDirectory
    package let authenticator: Authenticator
    package let brands: BrandDirectory
    package let egress: EgressDirectory
    package let processPolicies: ProcessPolicyDirectory
    package let audit: AuditTrail

    package init(_ database: Database, clock: any WallClock = SystemWallClock()) {
        self.database = database
        feed = TenancyFeed(database: database)
        directory = TenantDirectory(database: database, feed: feed)
        // Passwords in tests need no protection; a real cost would be minutes of waiting.
        let passwords = PasswordHasher(iterations: 10)
        principals = PrincipalDirectory(database: database, feed: feed, passwords: passwords)
        authenticator = Authenticator(database: database, feed: feed, passwords: passwords, clock: clock)
        brands = BrandDirectory(database: database, feed: feed)
        egress = EgressDirectory(database: database, feed: feed) { _ in nil }
        processPolicies = ProcessPolicyDirectory(database: database, feed: feed)
        audit = AuditTrail(database: database)
    }

    /// Makes a database, runs `body` with tenants on it and with the feed listening, and drops the database.
    package nonisolated(nonsending) static func with<Value: Sendable>(
        _ body: nonisolated(nonsending) (TenantFixture) async throws -> Value
    ) async throws -> Value {
        try await PostgresFixture.withDatabase { database in
            let tenants = TenantFixture(database)
            return try await tenants.listening { try await body(tenants) }
        }
    }

    /// Runs `body` while the feed listens; it is live before `body` begins.
    package nonisolated(nonsending) func listening<Value>(
        _ body: nonisolated(nonsending) () async throws -> Value
    ) async throws -> Value {
        let (live, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        feed.observe { if $0 == .everything { signal.yield() } }
        // A child of nothing, so that `body` need not leave its isolation; it is ended below in every case.
        let listener = Task { [feed] in try await feed.run() }
        defer { listener.cancel() }
        for await _ in live { break }
        while !feed.isLive { await Task.yield() }
        return try await body()
    }

    /// Waits until every notification that was sent before has been heard: from then on caches keep what they read.
    package func settle() async throws {
        let marker = PlantID()
        let heard = AsyncStream<Void> { continuation in
            feed.observe { if $0 == .egress(marker) { continuation.yield() } }
        }
        _ = try await database.transaction(.platform) { transaction in
            try await transaction.query("SELECT pg_notify('millwright_tenancy', 'egress_rule:' || \(marker)::text)")
        }
        for await _ in heard { break }
    }

    // MARK: Tenants

    /// Three levels, each one's scope.
    package struct Place: Sendable, Hashable {
        package let partnerID: PartnerID
        package let clientID: ClientID
        package let plantID: PlantID

        package var partner: TenantScope { .partner(partnerID) }
        package var client: TenantScope { .client(partnerID, clientID) }
        /// The plant's.
        package var scope: TenantScope { .plant(partnerID, clientID, plantID) }
    }

    package func makePartner() async throws -> PartnerID {
        let made = try await directory.createPartner(slug: Self.slug("partner"), name: "Partner", by: .system)
        return try unwrap(made.scope.partnerID)
    }

    package func makeClient(in partner: PartnerID) async throws -> ClientID {
        let made = try await directory.createClient(in: partner, slug: Self.slug("client"), name: "Client", by: .system)
        return try unwrap(made.scope.clientID)
    }

    /// A plant in tenants that exist, or with whatever is not given made for it.
    package func makePlant(
        in partner: PartnerID? = nil, _ client: ClientID? = nil, timeZone: String = "Europe/Berlin"
    ) async throws -> Place {
        let partnerID: PartnerID
        if let partner { partnerID = partner } else { partnerID = try await makePartner() }
        let clientID: ClientID
        if let client { clientID = client } else { clientID = try await makeClient(in: partnerID) }
        let made = try await directory.createPlant(
            in: partnerID, clientID, slug: Self.slug("plant"), name: "Plant", timeZone: timeZone, by: .system)
        return Place(partnerID: partnerID, clientID: clientID, plantID: try unwrap(made.scope.plantID))
    }

    // MARK: Principals

    /// A principal that can call the API.
    package struct KeyHolder: Sendable {
        package let principal: Principal
        /// The text of its key.
        package let key: String
        package let keyID: APIKeyID

        package var actor: Actor { principal.actor(origin: "test") }
        package var grantor: Grantor { .principal(principal) }
    }

    /// A user with one role in one scope, at home there, and a key. `nil` gives no role at all.
    package func makePrincipal(_ role: Role?, in scope: TenantScope, password: String? = nil) async throws
        -> KeyHolder
    {
        let name = Self.slug(role?.rawValue ?? "nobody")
        let principal = try await principals.create(
            NewPrincipal(
                kind: role == .runner ? .runner : .user, displayName: name, email: "\(name)@example.com",
                password: password.map { Redacted($0) }, home: scope,
                bindings: role.map { [RoleBinding(role: $0, scope: scope)] } ?? []),
            grantedBy: .system, by: .system)
        let issued = try await principals.issueKey(for: principal.id, name: "test", in: scope, by: .system)
        return KeyHolder(principal: principal, key: issued.token.reveal(), keyID: issued.key.id)
    }

    /// One principal for each role, bound at the deepest level of `place` at which the role can be held.
    package func makeEveryRole(in place: Place) async throws -> [Role: KeyHolder] {
        var holders: [Role: KeyHolder] = [:]
        for role in Role.allCases {
            let scopes: [TenantScope] = [place.scope, place.client, place.partner, .platform]
            guard let scope = scopes.first(where: { role.levels.contains($0.level) }) else { continue }
            holders[role] = try await makePrincipal(role, in: scope)
        }
        return holders
    }

    private static func slug(_ word: String) -> String {
        "\(word)-\(UInt64.random(in: 0 ... .max))"
    }

    private func unwrap<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Problem(.internalError, "the directory made a tenant of another level") }
        return value
    }
}
