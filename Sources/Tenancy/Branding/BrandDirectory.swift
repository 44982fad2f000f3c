package import Database
import JSON
package import Primitives

/// The brands of all levels, and the host names that lead to them.
package final class BrandDirectory: Sendable {
    let database: Database
    let feed: TenancyFeed
    package let reserved: ReservedHosts
    private let brands: ChangeAwareCache<TenantScope, Brand>
    private let hosts: ChangeAwareCache<String, TenantScope>

    /// - Parameter reserved: the platform's own names, which lead to no tenant.
    package init(
        database: Database, feed: TenancyFeed, reserved: ReservedHosts = ReservedHosts(), cacheCapacity: Int = 4_000
    ) {
        self.database = database
        self.feed = feed
        self.reserved = reserved
        let concerns: @Sendable (TenancyChange) -> Bool = { $0 == .brand || $0 == .tenant }
        brands = ChangeAwareCache(capacity: cacheCapacity, feed: feed, concerns: concerns)
        hosts = ChangeAwareCache(capacity: cacheCapacity, feed: feed, concerns: concerns)
    }

    // MARK: Resolving

    /// What applies in a place, every level laid over the one above it.
    package func brand(for scope: TenantScope) async throws -> Brand {
        let found = try await brands.value(for: scope) {
            BrandRecord.resolve(try await records(downTo: scope).map(\.record)).brand
        }
        return found ?? .standard
    }

    /// The tenant that a request's host name leads to; `nil` for one that nobody registered, or of a deleted tenant.
    ///
    /// - Parameter host: as in the request, with or without a port.
    package func scope(ofHost host: String) async throws -> TenantScope? {
        guard let name = BrandHost.normalised(host) else { return nil }
        let found = try await hosts.value(for: name) {
            try await database.read(.platform) { transaction in
                try await transaction.query(
                    """
                    SELECT brand_host.partner_id, brand_host.client_id, brand_host.plant_id
                    FROM millwright.brand_host
                    LEFT JOIN millwright.partner USING (partner_id)
                    LEFT JOIN millwright.client USING (partner_id, client_id)
                    LEFT JOIN millwright.plant USING (partner_id, client_id, plant_id)
                    WHERE host = \(name)
                      AND coalesce(partner.status, 'active') <> 'deleted'
                      AND coalesce(client.status, 'active') <> 'deleted'
                      AND coalesce(plant.status, 'active') <> 'deleted'
                    """
                ).first?.scope()
            }
        }
        // A row from before the name was the platform's own leads nowhere.
        return found == .platform || !reserved.isPlatforms(name) ? found : nil
    }

    // MARK: Records

    /// What this level itself sets, and what it lets the levels below set. Version 0 when it sets nothing yet.
    package func record(of scope: TenantScope) async throws -> BrandRecord {
        let found = try await records(downTo: scope).first { $0.scope == scope }
        return found?.record ?? BrandRecord(fields: BrandFields(), overridable: Set(BrandField.allCases), version: 0)
    }

    /// Replaces what this level sets.
    ///
    /// - Throws: `Problem(.invalidParameters)` that names each field which a level above withholds.
    package func set(
        _ fields: BrandFields, overridable: Set<BrandField> = Set(BrandField.allCases), for scope: TenantScope,
        expecting version: Int64? = nil, by actor: Actor
    ) async throws -> BrandRecord {
        let above = try await records(downTo: scope).filter { $0.scope != scope }.map(\.record)
        let allowed = BrandRecord.resolve(above).allowedBelow
        var findings = Findings()
        for field in BrandField.allCases where fields.present.contains(field) && !allowed.contains(field) {
            findings.add("/\(field.rawValue)", "Is set by a level above, which does not let this one change it.")
        }
        try findings.refuse("The brand cannot be used.")
        let words = BrandField.allCases.filter(overridable.contains).map(\.rawValue)
        let record = try await database.transaction(scope) { transaction in
            let old = try await Self.locked(scope, transaction)
            try requireVersion(version, of: old?.version ?? 0)
            let new = BrandRecord(fields: fields, overridable: overridable, version: (old?.version ?? 0) + 1)
            try await transaction.execute(
                """
                INSERT INTO millwright.brand (partner_id, client_id, plant_id, brand_id, fields, overridable)
                VALUES (
                  \(scope.ownerID), \(scope.clientID), \(scope.plantID), \(UUIDv7()), \(fields.json), \(words))
                ON CONFLICT ON CONSTRAINT brand_is_one_a_level DO UPDATE
                SET fields = EXCLUDED.fields, overridable = EXCLUDED.overridable, version = brand.version + 1,
                  changed_at = now()
                """)
            try await transaction.record(
                AuditEntry(
                    "brand.set", objectType: scope.level.rawValue, objectID: scope.description,
                    old: old?.audited, new: new.audited, by: actor))
            return new
        }
        feed.announce(.brand)
        return record
    }

    private static func locked(_ scope: TenantScope, _ transaction: TenantTransaction) async throws -> BrandRecord? {
        try await transaction.query(
            """
            SELECT partner_id, client_id, plant_id, fields, overridable, version
            FROM millwright.brand
            WHERE partner_id = \(scope.ownerID) AND client_id IS NOT DISTINCT FROM \(scope.clientID)
              AND plant_id IS NOT DISTINCT FROM \(scope.plantID)
            FOR UPDATE
            """
        ).first.map(BrandRecord.init(row:))
    }

    /// From the platform down. A brand is public: everybody who opens a page sees it, so it is read across tenants.
    private func records(downTo scope: TenantScope) async throws -> [(scope: TenantScope, record: BrandRecord)] {
        try await database.read(.platform) { transaction in
            try await transaction.query(
                """
                SELECT partner_id, client_id, plant_id, fields, overridable, version
                FROM millwright.brand
                WHERE partner_id = \(PartnerID.platform)
                  OR (partner_id = \(scope.partnerID) AND client_id IS NULL)
                  OR (partner_id = \(scope.partnerID) AND client_id = \(scope.clientID) AND plant_id IS NULL)
                  OR (partner_id = \(scope.partnerID) AND client_id = \(scope.clientID)
                    AND plant_id = \(scope.plantID))
                ORDER BY partner_id <> \(PartnerID.platform), client_id IS NOT NULL, plant_id IS NOT NULL
                """
            ).map { (try $0.scope(), try BrandRecord(row: $0)) }
        }
    }
}

extension BrandRecord {
    init(row: Row) throws {
        self.init(
            fields: try BrandFields(json: try row.decode("fields")),
            overridable: Set(try row.decode("overridable", as: [String].self).compactMap(BrandField.init)),
            version: try row.decode("version"))
    }

    /// The logo is left out of the audit: its bytes say nothing to a reader and are large.
    var audited: JSONValue {
        var shown = fields
        if let logo = fields.logo { shown.logo = logo.hasPrefix("/") ? logo : nil }
        var value = shown.json
        if fields.logo != nil, shown.logo == nil { value.set("logo", "an image") }
        value.set(
            "overridable", .array(BrandField.allCases.filter(overridable.contains).map { .string($0.rawValue) }))
        return value
    }
}
