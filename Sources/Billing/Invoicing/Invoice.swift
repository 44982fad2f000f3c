import Database
package import Primitives

/// What one payer owes for one period.
package struct Invoice: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable, CaseIterable {
        /// Computed from what is recorded so far; it can be computed again, and removed.
        case draft
        /// A document with a number. Nothing of it changes any more.
        case finalised
    }

    package var id: InvoiceID
    package var payer: Payer
    package var status: Status
    /// Of the issuer and the year, without gaps; `nil` for a draft.
    package var number: String?
    package var period: BillingPeriod
    package var priceBookID: PriceBookID
    package var rounding: RoundingRule
    package var total: Money
    package var issuerName: String
    package var payerName: String
    package var lines: [RatedLine]
    package var usage: [InvoicedUsage]
    /// Which usage records it bills.
    package var region: UsageRegion
    package var version: Int64
    package var computedAt: Timestamp
    package var finalisedAt: Timestamp?

    package init(
        id: InvoiceID, payer: Payer, status: Status, number: String?, period: BillingPeriod, priceBookID: PriceBookID,
        rounding: RoundingRule, total: Money, issuerName: String, payerName: String, lines: [RatedLine],
        usage: [InvoicedUsage], region: UsageRegion, version: Int64, computedAt: Timestamp, finalisedAt: Timestamp?
    ) {
        self.id = id
        self.payer = payer
        self.status = status
        self.number = number
        self.period = period
        self.priceBookID = priceBookID
        self.rounding = rounding
        self.total = total
        self.issuerName = issuerName
        self.payerName = payerName
        self.lines = lines
        self.usage = usage
        self.region = region
        self.version = version
        self.computedAt = computedAt
        self.finalisedAt = finalisedAt
    }
}

/// What one plant used of one meter, as it stands on an invoice.
package struct InvoicedUsage: Sendable, Hashable {
    package var plant: TenantScope
    package var plantName: String
    package var meter: UsageMeter
    package var quantity: Int64
    /// The part of `quantity` that occurred before the period and was recorded too late for its own invoice.
    package var lateQuantity: Int64
    package var records: Int64

    package init(
        plant: TenantScope, plantName: String, meter: UsageMeter, quantity: Int64, lateQuantity: Int64, records: Int64
    ) {
        self.plant = plant
        self.plantName = plantName
        self.meter = meter
        self.quantity = quantity
        self.lateQuantity = lateQuantity
        self.records = records
    }
}

/// The usage records that an invoice bills: recorded up to a position and occurred before the period's end, without
/// those that the invoice before it billed, and without what occurred before billing began.
///
/// The regions of a payer's invoices lie inside each other, so each record is in exactly one difference of two.
package struct UsageRegion: Sendable, Hashable {
    package var billingBegins: CivilDate
    package var until: CivilDate
    package var upToPosition: Int64
    package var afterUntil: CivilDate
    package var afterPosition: Int64

    package init(
        billingBegins: CivilDate, until: CivilDate, upToPosition: Int64, afterUntil: CivilDate, afterPosition: Int64
    ) {
        self.billingBegins = billingBegins
        self.until = until
        self.upToPosition = upToPosition
        self.afterUntil = afterUntil
        self.afterPosition = afterPosition
    }

    /// The condition on a table that is named `record`.
    func condition(_ payer: Payer) -> Statement {
        """
        record.partner_id = \(payer.partnerID)
        AND (\(payer.clientID)::uuid IS NULL OR record.client_id = \(payer.clientID))
        AND record.occurred_at >= \(billingBegins.startUTC) AND record.occurred_at < \(until.startUTC)
        AND record.position <= \(upToPosition)
        AND NOT (record.occurred_at < \(afterUntil.startUTC) AND record.position <= \(afterPosition))
        """
    }
}

extension Invoice {
    /// The invoice without its lines and usage.
    init(row: Row) throws {
        let partner = try row.decode("partner_id", as: PartnerID.self)
        let client = try row.decode("client_id", as: ClientID?.self)
        guard let currency = Currency(try row.decode("currency", as: String.self)) else {
            throw DatabaseError(.decoding, "column currency holds a code that is not in use")
        }
        let until = try row.decode("period_end", as: CivilDate.self)
        self.init(
            id: try row.decode("invoice_id"), payer: client.map { .client(partner, $0) } ?? .partner(partner),
            status: try row.decode("status", as: Status.self), number: try row.decode("number", as: String?.self),
            period: BillingPeriod(containing: try row.decode("period_start", as: CivilDate.self)),
            priceBookID: try row.decode("price_book_id"), rounding: try row.decode("rounding", as: RoundingRule.self),
            total: Money(amountMinor: try row.decode("total_minor"), currency: currency),
            issuerName: try row.decode("issuer_name"), payerName: try row.decode("payer_name"), lines: [], usage: [],
            region: UsageRegion(
                billingBegins: try row.decode("billing_begins"), until: until,
                upToPosition: try row.decode("up_to_position"), afterUntil: try row.decode("after_until"),
                afterPosition: try row.decode("after_position")),
            version: try row.decode("version"), computedAt: try row.decode("computed_at"),
            finalisedAt: try row.decode("finalised_at", as: Timestamp?.self))
    }
}
