import Database
import JSON
package import Primitives

/// A host name and the tenant that it leads to.
package struct HeldHost: Sendable, Hashable {
    package var host: String
    package var scope: TenantScope
}

/// A host name that the platform has withdrawn.
package struct WithheldHost: Sendable, Hashable {
    package var host: String
    package var reason: String
    package var withheldAt: Timestamp
}

/// What the platform does about names that somebody should not have.
extension BrandDirectory {
    /// Every name that leads to a tenant, in the order of the names.
    package func heldHosts(after host: String? = nil, limit: Int = 100) async throws -> [HeldHost] {
        let host = host.flatMap(BrandHost.normalised)
        return try await database.read(.platform) { transaction in
            try await transaction.query(
                """
                SELECT partner_id, client_id, plant_id, host
                FROM millwright.brand_host
                WHERE \(host)::text IS NULL OR host > \(host)
                ORDER BY host
                LIMIT \(min(max(limit, 1), 1000))
                """
            ).map { HeldHost(host: try $0.decode("host"), scope: try $0.scope()) }
        }
    }

    package func withheldHosts() async throws -> [WithheldHost] {
        try await database.read(.platform) { transaction in
            try await transaction.query(
                """
                SELECT host, reason, withheld_at
                FROM millwright.withheld_host
                WHERE partner_id = \(PartnerID.platform)
                ORDER BY host
                LIMIT 1000
                """
            ).map {
                WithheldHost(
                    host: try $0.decode("host"), reason: try $0.decode("reason"),
                    withheldAt: try $0.decode("withheld_at"))
            }
        }
    }

    /// Takes the name, and every name below it, from whoever holds them, and keeps them from being claimed again.
    package func withholdHost(_ host: String, reason: String, by actor: Actor) async throws {
        guard let name = BrandHost.normalised(host), Self.objections(toHost: host).isEmpty else {
            throw Problem(.invalidParameters, "The host name cannot be used.", items: Self.objections(toHost: host))
        }
        try await database.transaction(.platform) { transaction in
            let taken = try await transaction.query(
                """
                DELETE FROM millwright.brand_host
                WHERE host = \(name) OR right(host, \(name.utf8.count + 1)::integer) = \("." + name)
                RETURNING partner_id, client_id, plant_id, host
                """)
            try await transaction.execute(
                """
                INSERT INTO millwright.withheld_host (partner_id, host, reason)
                VALUES (\(PartnerID.platform), \(name), \(reason))
                ON CONFLICT ON CONSTRAINT withheld_host_pkey DO NOTHING
                """)
            for row in taken {
                let host = try row.decode("host", as: String.self)
                try await transaction.record(
                    AuditEntry(
                        "brand-host.withdrawn", objectType: "brand-host", objectID: host,
                        old: ["host": .string(host)], reason: reason, by: actor, in: try row.scope()))
            }
            try await transaction.record(
                AuditEntry(
                    "brand-host.withheld", objectType: "brand-host", objectID: name, new: ["host": .string(name)],
                    reason: reason, by: actor))
        }
        feed.announce(.brand)
    }

    /// The name can be claimed again.
    package func releaseHost(_ host: String, by actor: Actor) async throws {
        guard let name = BrandHost.normalised(host) else { throw Problem.notFound("host name") }
        try await database.transaction(.platform) { transaction in
            let released = try await transaction.execute(
                """
                DELETE FROM millwright.withheld_host
                WHERE partner_id = \(PartnerID.platform) AND host = \(name)
                """)
            guard released > 0 else { throw Problem.notFound("host name") }
            try await transaction.record(
                AuditEntry(
                    "brand-host.released", objectType: "brand-host", objectID: name, old: ["host": .string(name)],
                    by: actor))
        }
    }

    /// - Throws: `Problem` where the name is not the tenant's to have: withdrawn, the platform's, below another
    ///   partner's name, or, for a client and a plant, below no name that their partner holds.
    func requireClaimable(_ name: String, for scope: TenantScope, isGiven: Bool) async throws {
        func refuse(_ message: String) -> Problem {
            Problem(
                .invalidParameters, "The host name cannot be used.", items: [.init(path: "/host", message: message)])
        }
        if let reason = reserved.objection(to: name, for: scope, isGiven: isGiven) { throw refuse(reason) }
        let parents = BrandHost.parents(of: name)
        let (isWithheld, owners) = try await database.read(.platform) { transaction in
            let withheld = try await transaction.query(
                """
                SELECT FROM millwright.withheld_host
                WHERE partner_id = \(PartnerID.platform) AND host = ANY (\([name] + parents))
                LIMIT 1
                """)
            let above = try await transaction.query(
                """
                SELECT partner_id, client_id, plant_id
                FROM millwright.brand_host
                WHERE host = ANY (\(parents)) AND partner_id <> \(PartnerID.platform)
                """)
            return (!withheld.isEmpty, try above.map { try $0.scope() })
        }
        if isWithheld { throw refuse("The platform has withdrawn the name. Ask its operator.") }
        if isGiven || scope == .platform { return }
        if owners.contains(where: { $0.partnerID != scope.partnerID }) {
            throw refuse("Is below a name of another tenant. Choose another one.")
        }
        if scope.level != .partner, !owners.contains(where: { $0.level == .partner }) {
            throw refuse(
                "Must be below a name that your partner holds. Ask the partner to add one, or this one for you.")
        }
    }
}

extension BrandHost {
    /// The names that the name is below, nearest first: at most 126.
    static func parents(of name: String) -> [String] {
        name.indices.filter { name[$0] == "." }.map { String(name[name.index(after: $0)...]) }
    }
}
