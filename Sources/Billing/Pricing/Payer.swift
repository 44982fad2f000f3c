package import Primitives

/// Who gets an invoice: a partner from the platform, or a client from its partner.
package enum Payer: Sendable, Hashable {
    case partner(PartnerID)
    case client(PartnerID, ClientID)

    package var seller: Seller {
        switch self {
        case .partner: .platform
        case .client: .partner
        }
    }

    package var partnerID: PartnerID {
        switch self {
        case .partner(let partner), .client(let partner, _): partner
        }
    }

    package var clientID: ClientID? {
        if case .client(_, let client) = self { client } else { nil }
    }

    /// The tenant that pays; the usage in it is what is billed.
    package var scope: TenantScope {
        switch self {
        case .partner(let partner): .partner(partner)
        case .client(let partner, let client): .client(partner, client)
        }
    }

    /// The scope in which the seller works.
    package var sellerScope: TenantScope {
        switch self {
        case .partner: .platform
        case .client(let partner, _): .partner(partner)
        }
    }
}

/// Whom a price book is for.
package enum PriceAudience: Sendable, Hashable {
    /// The platform's prices for one partner.
    case partner(PartnerID)
    /// A partner's prices for every client without prices of its own.
    case clients(of: PartnerID)
    /// A partner's prices for one client.
    case client(PartnerID, ClientID)

    var seller: Seller { if case .partner = self { .platform } else { .partner } }

    var partnerID: PartnerID {
        switch self {
        case .partner(let partner), .clients(let partner), .client(let partner, _): partner
        }
    }

    var clientID: ClientID? { if case .client(_, let client) = self { client } else { nil } }

    var sellerScope: TenantScope { seller == .platform ? .platform : .partner(partnerID) }

    /// The partner sees in its own audit what the platform charges it.
    var auditScope: TenantScope { clientID.map { .client(partnerID, $0) } ?? .partner(partnerID) }
}
