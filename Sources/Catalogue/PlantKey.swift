import Database
import Primitives

extension TenantScope {
    /// - Throws: `Problem.notFound` for a scope above a plant: what is asked for exists only in a plant.
    func requirePlant() throws(Problem) -> PlantKey {
        guard case .plant(let partner, let client, let plant) = self else { throw Problem.notFound("plant") }
        return PlantKey(partner: partner, client: client, plant: plant)
    }
}

/// The three tenant columns of a plant's rows.
struct PlantKey: Hashable {
    let partner: PartnerID
    let client: ClientID
    let plant: PlantID

    var scope: TenantScope { .plant(partner, client, plant) }

    /// The values of the three columns, in their order.
    var values: Statement { "\(partner), \(client), \(plant)" }

    /// It stands first in every condition, so that the keys that it leads are used.
    var condition: Statement { "partner_id = \(partner) AND client_id = \(client) AND plant_id = \(plant)" }

    func condition(_ alias: StaticString) -> Statement {
        """
        \(raw: alias).partner_id = \(partner) AND \(raw: alias).client_id = \(client)
        AND \(raw: alias).plant_id = \(plant)
        """
    }
}
