import Database
package import Primitives

/// The three tenant columns of a plant's rows. Every table of Execution lives at this level.
package struct PlantKey: Sendable, Hashable {
    package let partnerID: PartnerID
    package let clientID: ClientID
    package let plantID: PlantID

    package init(partnerID: PartnerID, clientID: ClientID, plantID: PlantID) {
        self.partnerID = partnerID
        self.clientID = clientID
        self.plantID = plantID
    }

    /// - Throws: `Problem.notFound` for a scope above a plant: what is asked for exists only in a plant.
    package init(_ scope: TenantScope) throws(Problem) {
        guard case .plant(let partnerID, let clientID, let plantID) = scope else { throw Problem.notFound("plant") }
        self.init(partnerID: partnerID, clientID: clientID, plantID: plantID)
    }

    package var scope: TenantScope { .plant(partnerID, clientID, plantID) }
}

extension PlantKey {
    /// `alias.partner_id = … AND …`: it stands first in every condition, so that the keys that it leads are used.
    func owns(_ alias: StaticString) -> Statement {
        """
        \(raw: alias).partner_id = \(partnerID) AND \(raw: alias).client_id = \(clientID)
        AND \(raw: alias).plant_id = \(plantID)
        """
    }

    /// The values of the three columns, in their order.
    var values: Statement { "\(partnerID), \(clientID), \(plantID)" }
}
