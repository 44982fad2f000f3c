import Database
import Primitives

/// How a place is asked for.
enum TenantKey: Sendable, Hashable {
    case partner(PartnerID)
    case client(ClientID)
    case plant(PlantID)
    /// One to three slugs.
    case path([String])

    /// Reads the place with all levels above it. It runs across tenants: the scope is what it finds out.
    var resolution: Statement {
        switch self {
        case .partner(let id): "\(fragment: Self.partners) AND partner.partner_id = \(id)"
        case .client(let id): "\(fragment: Self.clients) AND client.client_id = \(id)"
        case .plant(let id): "\(fragment: Self.plants) AND plant.plant_id = \(id)"
        case .path(let slugs):
            switch slugs.count {
            case 1: "\(fragment: Self.partners) AND partner.slug = \(slugs[0])"
            case 2: "\(fragment: Self.clients) AND partner.slug = \(slugs[0]) AND client.slug = \(slugs[1])"
            default:
                """
                \(fragment: Self.plants)
                AND partner.slug = \(slugs[0]) AND client.slug = \(slugs[1]) AND plant.slug = \(slugs[2])
                """
            }
        }
    }

    private static let partners: Statement = """
        SELECT partner.partner_id, NULL::uuid AS client_id, NULL::uuid AS plant_id, NULL::text AS time_zone,
          ARRAY[partner.slug] AS slugs, ARRAY[partner.name] AS names, ARRAY[partner.status] AS statuses
        FROM millwright.partner
        WHERE partner.status <> 'deleted'
        """
    private static let clients: Statement = """
        SELECT client.partner_id, client.client_id, NULL::uuid AS plant_id, NULL::text AS time_zone,
          ARRAY[partner.slug, client.slug] AS slugs, ARRAY[partner.name, client.name] AS names,
          ARRAY[partner.status, client.status] AS statuses
        FROM millwright.client
        JOIN millwright.partner USING (partner_id)
        WHERE partner.status <> 'deleted' AND client.status <> 'deleted'
        """
    private static let plants: Statement = """
        SELECT plant.partner_id, plant.client_id, plant.plant_id, plant.time_zone,
          ARRAY[partner.slug, client.slug, plant.slug] AS slugs,
          ARRAY[partner.name, client.name, plant.name] AS names,
          ARRAY[partner.status, client.status, plant.status] AS statuses
        FROM millwright.plant
        JOIN millwright.client USING (partner_id, client_id)
        JOIN millwright.partner USING (partner_id)
        WHERE partner.status <> 'deleted' AND client.status <> 'deleted' AND plant.status <> 'deleted'
        """
}

extension TenantPlace {
    init(row: Row) throws {
        self.init(
            scope: try row.scope(), slugs: try row.decode("slugs"), names: try row.decode("names"),
            status: .effective(try row.decode("statuses", as: [String].self).compactMap(TenantStatus.init)),
            timeZone: try row.decode("time_zone", as: String?.self))
    }
}
