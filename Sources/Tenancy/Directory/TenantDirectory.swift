package import Database
package import Primitives

/// The tenants: finding, creating and changing them.
///
/// Every change is one transaction with its audit entry, and is announced to all replicas (`TenancyFeed`). Whether
/// the actor may do it is the caller's question; what the directory sees is bounded by row level security.
package final class TenantDirectory: Sendable {
    let database: Database
    let feed: TenancyFeed
    private let places: ChangeAwareCache<TenantKey, TenantPlace>

    package init(database: Database, feed: TenancyFeed, cacheCapacity: Int = 20_000) {
        self.database = database
        self.feed = feed
        places = ChangeAwareCache(capacity: cacheCapacity, feed: feed) { if case .tenant = $0 { true } else { false } }
    }

    // MARK: Finding

    /// `nil` for a plant that does not exist, or that is deleted at any level.
    package func plantScope(of plant: PlantID) async throws -> TenantScope? { try await place(of: plant)?.scope }

    package func place(of plant: PlantID) async throws -> TenantPlace? { try await place(.plant(plant)) }
    package func place(of client: ClientID) async throws -> TenantPlace? { try await place(.client(client)) }
    package func place(of partner: PartnerID) async throws -> TenantPlace? { try await place(.partner(partner)) }

    /// `nil` also for the platform, which is not a tenant.
    package func place(of scope: TenantScope) async throws -> TenantPlace? {
        let found: TenantPlace? =
            switch scope {
            case .platform: nil
            case .partner(let partner): try await place(of: partner)
            case .client(_, let client): try await place(of: client)
            case .plant(_, _, let plant): try await place(of: plant)
            }
        // The identifiers above must belong together: a plant under another client's name does not exist.
        return found?.scope == scope ? found : nil
    }

    /// By slugs, `partner`, `partner/client` or `partner/client/plant`.
    package func place(path: String) async throws -> TenantPlace? {
        let slugs = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(slugs.count), slugs.allSatisfy(\.isSlug) else { return nil }
        return try await place(.path(slugs))
    }

    private func place(_ key: TenantKey) async throws -> TenantPlace? {
        try await places.value(for: key) {
            try await database.read(.platform) { transaction in
                try await transaction.query(key.resolution).first.map(TenantPlace.init(row:))
            }
        }
    }

    // MARK: Reading

    /// What is directly below: partners of the platform, clients of a partner, plants of a client.
    package func children(of scope: TenantScope, page: PageRequest) async throws -> Page<Tenant> {
        switch scope {
        case .platform: try await list(.partner, in: scope, page: page)
        case .partner: try await list(.client, in: scope, page: page)
        case .client: try await list(.plant, in: scope, page: page)
        case .plant: Page(items: [], next: nil)
        }
    }

    /// All plants in a scope, whatever their client.
    package func plants(in scope: TenantScope, page: PageRequest) async throws -> Page<Tenant> {
        try await list(.plant, in: scope, page: page)
    }

    /// - Throws: `Problem.notFound` for a tenant that does not exist or is deleted.
    package func tenant(_ scope: TenantScope) async throws -> Tenant {
        try await database.read(scope) { try await Self.current(scope, $0) }
    }

    private func list(_ table: TenantTable, in scope: TenantScope, page: PageRequest) async throws -> Page<Tenant> {
        let rows = try await database.read(scope) { transaction in
            try await transaction.query(table.children(of: scope, page: page))
        }
        return page.page(of: try rows.map(Tenant.init(row:)), key: \.key)
    }

    /// The row as it stands, in a transaction that may go on to change it.
    static func current(_ scope: TenantScope, _ transaction: TenantTransaction) async throws -> Tenant {
        guard let table = TenantTable(scope.level) else { throw Problem.notFound("tenant") }
        let rows = try await transaction.query(
            "\(fragment: table.selection) WHERE \(fragment: table.condition(scope)) AND status <> 'deleted'")
        guard let row = rows.first else { throw Problem.notFound(table.word) }
        return try Tenant(row: row)
    }
}
