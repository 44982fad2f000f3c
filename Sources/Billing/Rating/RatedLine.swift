package import Primitives

/// The priced lines of one period.
package struct RatedPeriod: Sendable, Hashable {
    package var lines: [RatedLine]
    package var total: Money
}

/// One line of an invoice.
package struct RatedLine: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Units that the book includes.
        case included
        /// Units of one tier.
        case usage
        /// The flat fee of a meter.
        case meterFee = "meter-fee"
        /// What is missing to the minimum of a meter.
        case meterMinimum = "meter-minimum"
        /// The flat fee of the book.
        case fee
        /// What is missing to the minimum of the book.
        case minimum
    }

    /// The units that a line prices: those after `from` up to and with `to`, counted from zero in the period.
    package struct Units: Sendable, Hashable {
        package var from: Int64
        package var to: Int64
        package var unitPrice: Decimal
        package var quantity: Int64 { to - from }
    }

    package var kind: Kind
    package var meter: UsageMeter?
    package var units: Units?
    package var amountMinor: Int64

    package init(kind: Kind, meter: UsageMeter? = nil, units: Units? = nil, amountMinor: Int64) {
        self.kind = kind
        self.meter = meter
        self.units = units
        self.amountMinor = amountMinor
    }

    struct MeteredUnits {
        let meter: UsageMeter
        let units: Units

        init(_ meter: UsageMeter, from: Int64, to: Int64, at unitPrice: Decimal) {
            self.meter = meter
            units = Units(from: from, to: to, unitPrice: unitPrice)
        }
    }

    init(kind: Kind, units: MeteredUnits, amountMinor: Int64) {
        self.init(kind: kind, meter: units.meter, units: units.units, amountMinor: amountMinor)
    }
}
