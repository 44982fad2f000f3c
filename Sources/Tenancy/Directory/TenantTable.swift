import Database
import Primitives

/// The three tables that hold tenants differ in their keys only; this is what differs, as SQL.
enum TenantTable {
    case partner, client, plant

    init?(_ level: TenantLevel) {
        switch level {
        case .platform: return nil
        case .partner: self = .partner
        case .client: self = .client
        case .plant: self = .plant
        }
    }

    var word: String {
        switch self {
        case .partner: "partner"
        case .client: "client"
        case .plant: "plant"
        }
    }

    /// The columns of every level, absent ones as NULL, so that one reader serves all three.
    var selection: Statement {
        switch self {
        case .partner:
            """
            SELECT partner_id, NULL::uuid AS client_id, NULL::uuid AS plant_id, slug, name, status,
              NULL::text AS time_zone, NULL::text AS currency, version, created_at
            FROM millwright.partner
            """
        case .client:
            """
            SELECT partner_id, client_id, NULL::uuid AS plant_id, slug, name, status,
              NULL::text AS time_zone, currency, version, created_at
            FROM millwright.client
            """
        case .plant:
            """
            SELECT partner_id, client_id, plant_id, slug, name, status,
              time_zone, NULL::text AS currency, version, created_at
            FROM millwright.plant
            """
        }
    }

    var update: Statement {
        switch self {
        case .partner: "UPDATE millwright.partner"
        case .client: "UPDATE millwright.client"
        case .plant: "UPDATE millwright.plant"
        }
    }

    /// Where the key equals the scope's.
    func condition(_ scope: TenantScope) -> Statement {
        switch self {
        case .partner: "partner_id = \(scope.partnerID)"
        case .client: "partner_id = \(scope.partnerID) AND client_id = \(scope.clientID)"
        case .plant:
            "partner_id = \(scope.partnerID) AND client_id = \(scope.clientID) AND plant_id = \(scope.plantID)"
        }
    }

    /// The rows below a scope, in the order of their identifiers, which is the order of their creation.
    func children(of scope: TenantScope, page: PageRequest) -> Statement {
        let key: Statement =
            switch self {
            case .partner: "partner_id"
            case .client: "client_id"
            case .plant: "plant_id"
            }
        return """
            \(fragment: selection)
            WHERE status <> 'deleted'
              AND (\(scope.partnerID)::uuid IS NULL OR partner_id = \(scope.partnerID))
              \(fragment: clientCondition(scope))
              AND (\(page.after)::uuid IS NULL OR \(fragment: key) > \(page.after))
            ORDER BY \(fragment: key)
            LIMIT \(page.limit + 1)
            """
    }

    private func clientCondition(_ scope: TenantScope) -> Statement {
        guard self == .plant else { return "" }
        return "AND (\(scope.clientID)::uuid IS NULL OR client_id = \(scope.clientID))"
    }
}

extension Tenant {
    init(row: Row) throws {
        self.init(
            scope: try row.scope(), slug: try row.decode("slug"), name: try row.decode("name"),
            status: try row.decode("status", as: TenantStatus.self),
            timeZone: try row.decode("time_zone", as: String?.self),
            currency: try row.decode("currency", as: String?.self).flatMap { Currency($0) },
            version: try row.decode("version"), createdAt: try row.decode("created_at"))
    }

    /// The identifier of the level itself, as it stands in addresses and in the audit.
    package var id: String { key.description }

    var key: UUIDv7 {
        switch scope {
        case .platform: PartnerID.platform.raw
        case .partner(let partner): partner.raw
        case .client(_, let client): client.raw
        case .plant(_, _, let plant): plant.raw
        }
    }
}
