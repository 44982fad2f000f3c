package import Primitives

/// Who sells. The platform sells to partners, a partner to its clients.
package enum Seller: String, Sendable, Hashable, CaseIterable {
    case platform, partner
}

/// What a seller charges from a month on, until a later book follows.
package struct PriceBook: Sendable, Hashable {
    package var id: PriceBookID
    package var seller: Seller
    package var partnerID: PartnerID
    /// The one client that the book is for; `nil` for a book of the platform, and for a partner's book for every
    /// client that has none of its own.
    package var clientID: ClientID?
    package var terms: PriceTerms
    package var createdAt: Timestamp

    package init(
        id: PriceBookID, seller: Seller, partnerID: PartnerID, clientID: ClientID? = nil, terms: PriceTerms,
        createdAt: Timestamp
    ) {
        self.id = id
        self.seller = seller
        self.partnerID = partnerID
        self.clientID = clientID
        self.terms = terms
        self.createdAt = createdAt
    }
}

/// The prices themselves. Amounts are exact, in the currency's major unit; nothing is rounded before a line's amount.
package struct PriceTerms: Sendable, Hashable {
    package var name: String
    package var currency: Currency
    /// The first day of a month.
    package var validFrom: CivilDate
    /// How each line's amount is brought to whole minor units.
    package var rounding: RoundingRule
    /// Charged each period, whatever is used.
    package var flatFee: Decimal
    /// The least that a period costs in all.
    package var minimum: Decimal
    package var rates: [UsageMeter: MeterRate]

    package init(
        name: String, currency: Currency, validFrom: CivilDate, rounding: RoundingRule = .halfUp,
        flatFee: Decimal = .zero, minimum: Decimal = .zero, rates: [UsageMeter: MeterRate]
    ) {
        self.name = name
        self.currency = currency
        self.validFrom = validFrom
        self.rounding = rounding
        self.flatFee = flatFee
        self.minimum = minimum
        self.rates = rates
    }
}

/// What one meter costs.
package struct MeterRate: Sendable, Hashable {
    /// Free of charge in each period, before the first tier.
    package var included: Int64
    /// Graduated: each unit costs what its own tier says. Empty when the meter costs its flat fee only.
    package var tiers: [PriceTier]
    package var flatFee: Decimal
    /// The least that the meter costs in a period, its flat fee among it.
    package var minimum: Decimal

    package init(
        included: Int64 = 0, tiers: [PriceTier] = [], flatFee: Decimal = .zero, minimum: Decimal = .zero
    ) {
        self.included = included
        self.tiers = tiers
        self.flatFee = flatFee
        self.minimum = minimum
    }
}

package struct PriceTier: Sendable, Hashable {
    /// The last unit of the tier, counted without the included ones; `nil` for the last tier, which has no end.
    package var upTo: Int64?
    package var unitPrice: Decimal

    package init(upTo: Int64?, unitPrice: Decimal) {
        self.upTo = upTo
        self.unitPrice = unitPrice
    }
}
