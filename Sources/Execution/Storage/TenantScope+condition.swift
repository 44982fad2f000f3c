import Database
import Primitives
import Tenancy

extension TenantScope {
    /// The rows of this scope and of everything below it, on the tenant columns of `alias`.
    func owns(_ alias: StaticString) -> Statement {
        switch self {
        case .platform: "true"
        case .partner(let partner): "\(raw: alias).partner_id = \(partner)"
        case .client(let partner, let client):
            "\(raw: alias).partner_id = \(partner) AND \(raw: alias).client_id = \(client)"
        case .plant(let partner, let client, let plant):
            PlantKey(partnerID: partner, clientID: client, plantID: plant).owns(alias)
        }
    }
}
