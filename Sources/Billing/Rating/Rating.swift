import Primitives

/// What usage costs by a price book. Pure: the same terms and quantities give the same lines, on any machine.
package enum Rating {
    /// Rates one period.
    ///
    /// Each line's exact amount (quantity × unit price) is rounded to whole minor units by the book's rule, and only
    /// there; the total is the sum of the lines. A meter without a rate in the book is not charged.
    ///
    /// - Throws: `RatingError` for an amount that is too large to be written, or a negative quantity.
    package static func rate(_ quantities: [UsageMeter: Int64], by terms: PriceTerms) throws(RatingError)
        -> RatedPeriod
    {
        var lines: [RatedLine] = []
        for (meter, rate) in terms.rates.sorted(by: { $0.key < $1.key }) {
            lines += try self.lines(of: meter, quantities[meter] ?? 0, rate, terms)
        }
        let fee = try minor(terms.flatFee, terms)
        if fee > 0 { lines.append(RatedLine(kind: .fee, amountMinor: fee)) }
        let missing = try shortfall(of: lines, to: terms.minimum, terms)
        if missing > 0 { lines.append(RatedLine(kind: .minimum, amountMinor: missing)) }
        return RatedPeriod(lines: lines, total: Money(amountMinor: try sum(of: lines), currency: terms.currency))
    }

    /// The lines of one meter: what is included, each tier reached, the fee, and what is missing to the minimum.
    private static func lines(
        of meter: UsageMeter, _ quantity: Int64, _ rate: MeterRate, _ terms: PriceTerms
    ) throws(RatingError) -> [RatedLine] {
        guard quantity >= 0 else { throw .negativeQuantity(meter) }
        var lines: [RatedLine] = []
        // Without a tier there is no price for a unit: the flat fee pays for all of them.
        let free = rate.tiers.isEmpty ? quantity : min(quantity, rate.included)
        if free > 0 {
            lines.append(RatedLine(kind: .included, units: .init(meter, from: 0, to: free, at: .zero), amountMinor: 0))
        }
        var from = free
        for tier in rate.tiers where from < quantity {
            let end = tier.upTo.map { $0.addingReportingOverflow(rate.included) }
            let to = min(quantity, end.map { $0.overflow ? .max : $0.partialValue } ?? .max)
            guard to > from else { continue }
            guard let exact = Decimal(to - from).multiplied(by: tier.unitPrice) else { throw .amountTooLarge }
            lines.append(
                RatedLine(
                    kind: .usage, units: .init(meter, from: from, to: to, at: tier.unitPrice),
                    amountMinor: try minor(exact, terms)))
            from = to
        }
        let fee = try minor(rate.flatFee, terms)
        if fee > 0 { lines.append(RatedLine(kind: .meterFee, meter: meter, amountMinor: fee)) }
        let missing = try shortfall(of: lines, to: rate.minimum, terms)
        if missing > 0 { lines.append(RatedLine(kind: .meterMinimum, meter: meter, amountMinor: missing)) }
        return lines
    }

    private static func shortfall(of lines: [RatedLine], to minimum: Decimal, _ terms: PriceTerms)
        throws(RatingError) -> Int64
    {
        max(0, try minor(minimum, terms) - sum(of: lines))
    }

    private static func minor(_ amount: Decimal, _ terms: PriceTerms) throws(RatingError) -> Int64 {
        guard let money = Money(amount, terms.currency, rounding: terms.rounding) else { throw .amountTooLarge }
        return money.amountMinor
    }

    private static func sum(of lines: [RatedLine]) throws(RatingError) -> Int64 {
        var sum: Int64 = 0
        for line in lines {
            let (next, overflow) = sum.addingReportingOverflow(line.amountMinor)
            guard !overflow else { throw .amountTooLarge }
            sum = next
        }
        return sum
    }
}

package enum RatingError: Error, Sendable, Hashable, CustomStringConvertible {
    case amountTooLarge
    case negativeQuantity(UsageMeter)

    package var description: String {
        switch self {
        case .amountTooLarge: "An amount is too large to be written on an invoice."
        case .negativeQuantity(let meter): "The meter \(meter.rawValue) has counted less than nothing."
        }
    }
}
