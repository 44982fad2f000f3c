package import Database
package import Primitives

extension TenantScope {
    /// The value of `partner_id` in tables whose rows may belong to the platform itself.
    package var ownerID: PartnerID { partnerID ?? .platform }

    /// The scope that a row's tenant columns name.
    package init(partner: PartnerID, client: ClientID?, plant: PlantID?) {
        guard partner != .platform else {
            self = .platform
            return
        }
        switch (client, plant) {
        case (nil, _): self = .partner(partner)
        case (let client?, nil): self = .client(partner, client)
        case (let client?, let plant?): self = .plant(partner, client, plant)
        }
    }

    /// The partner that the scope is in, as a scope. Names above a client are read there.
    var partnerScope: TenantScope { partnerID.map(TenantScope.partner) ?? .platform }
}

extension PartnerID {
    /// The nil UUID: the owner of rows that belong to the platform. No partner can have it.
    package static let platform = PartnerID(UUIDv7(high: 0, low: 0))
}

extension Row {
    /// The tenant columns `partner_id`, `client_id`, `plant_id` of the row.
    package func scope() throws -> TenantScope {
        TenantScope(
            partner: try decode("partner_id"), client: try decode("client_id", as: ClientID?.self),
            plant: try decode("plant_id", as: PlantID?.self))
    }
}
