/// How far a transaction or a permission reaches: the platform, or one partner, client or plant.
public enum TenantScope: Sendable, Hashable, CustomStringConvertible {
    case platform
    case partner(PartnerID)
    case client(PartnerID, ClientID)
    case plant(PartnerID, ClientID, PlantID)

    public var partnerID: PartnerID? {
        switch self {
        case .platform: nil
        case .partner(let partner), .client(let partner, _), .plant(let partner, _, _): partner
        }
    }

    public var clientID: ClientID? {
        switch self {
        case .platform, .partner: nil
        case .client(_, let client), .plant(_, let client, _): client
        }
    }

    public var plantID: PlantID? {
        if case .plant(_, _, let plant) = self { plant } else { nil }
    }

    public var level: TenantLevel {
        switch self {
        case .platform: .platform
        case .partner: .partner
        case .client: .client
        case .plant: .plant
        }
    }

    /// Whether everything in `other` is also in this scope.
    public func covers(_ other: TenantScope) -> Bool {
        switch self {
        case .platform: true
        case .partner(let partner): other.partnerID == partner
        case .client(let partner, let client): other.partnerID == partner && other.clientID == client
        case .plant: self == other
        }
    }

    public var description: String {
        switch self {
        case .platform: "platform"
        case .partner(let partner): "partner/\(partner)"
        case .client(let partner, let client): "partner/\(partner)/client/\(client)"
        case .plant(let partner, let client, let plant): "partner/\(partner)/client/\(client)/plant/\(plant)"
        }
    }
}

public enum TenantLevel: String, Sendable, Hashable, CaseIterable {
    case platform, partner, client, plant
}
