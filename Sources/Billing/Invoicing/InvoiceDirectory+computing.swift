import Database
import JSON
import Primitives
import Tenancy

extension InvoiceDirectory {
    /// Writes the period's draft anew: finds its region, counts it, rates it, and stores lines and usage.
    static func compute(
        _ period: BillingPeriod, _ payer: Payer, issuer: String, upTo position: Int64, isFinal: Bool = false,
        _ transaction: TenantTransaction
    ) async throws -> Invoice {
        let (payerName, currency) = try await lock(payer, transaction)
        let existing = try await transaction.query(
            """
            \(fragment: selection)
            WHERE partner_id = \(payer.partnerID) AND client_id IS NOT DISTINCT FROM \(payer.clientID)
              AND seller = \(payer.seller) AND period_start = \(period.start)
            """
        ).first.map(Invoice.init(row:))
        if let existing, existing.status == .finalised {
            throw Problem(.wrongState, "The period \(period) has been invoiced with \(existing.number ?? "a number").")
        }
        guard let book = try await PriceBookDirectory.book(for: payer, in: period, transaction) else {
            throw Problem(.wrongState, "No price book is valid on \(period.start). Add one first.")
        }
        guard currency == nil || currency == book.terms.currency.code else {
            throw Problem(
                .wrongState,
                "\(payerName) is invoiced in \(currency ?? ""), but the price book is in \(book.terms.currency)."
            )
        }
        let region = try await region(of: period, payer, upTo: position, isFinal: isFinal, transaction)
        let usage = try await count(region, payer, period, transaction)
        let sums = try quantities(of: usage)
        let rated = try rate(sums, by: book.terms)
        let id = existing?.id ?? InvoiceID()
        try await transaction.batch(
            [
                "DELETE FROM millwright.invoice_line WHERE partner_id = \(payer.partnerID) AND invoice_id = \(id)",
                "DELETE FROM millwright.invoice_usage WHERE partner_id = \(payer.partnerID) AND invoice_id = \(id)",
                """
                INSERT INTO millwright.invoice (
                  partner_id, client_id, invoice_id, seller, status, period_start, period_end, price_book_id, currency,
                  rounding, total_minor, issuer_name, payer_name, billing_begins, up_to_position, after_until,
                  after_position)
                VALUES (
                  \(payer.partnerID), \(payer.clientID), \(id), \(payer.seller), 'draft', \(period.start),
                  \(period.end), \(book.id), \(book.terms.currency.code), \(book.terms.rounding),
                  \(rated.total.amountMinor), \(issuer), \(payerName), \(region.billingBegins),
                  \(region.upToPosition), \(region.afterUntil), \(region.afterPosition))
                ON CONFLICT ON CONSTRAINT invoice_pkey DO UPDATE
                SET price_book_id = EXCLUDED.price_book_id, currency = EXCLUDED.currency,
                  rounding = EXCLUDED.rounding, total_minor = EXCLUDED.total_minor,
                  issuer_name = EXCLUDED.issuer_name, payer_name = EXCLUDED.payer_name,
                  billing_begins = EXCLUDED.billing_begins, up_to_position = EXCLUDED.up_to_position,
                  after_until = EXCLUDED.after_until, after_position = EXCLUDED.after_position,
                  version = invoice.version + 1, computed_at = now()
                """,
            ] + insertions(of: rated.lines, id, payer) + insertions(of: usage, id, payer))
        return try await current(id, transaction)
    }

    /// Holds the payer's row, so that two computations of its invoices come one after the other. Answers its name, and
    /// the currency that it wants. A payer that is deleted still owes what it used.
    private static func lock(_ payer: Payer, _ transaction: TenantTransaction) async throws
        -> (name: String, currency: String?)
    {
        let statement: Statement =
            switch payer {
            case .partner(let partner):
                """
                SELECT name, NULL::text AS currency
                FROM millwright.partner
                WHERE partner_id = \(partner)
                FOR NO KEY UPDATE
                """
            case .client(let partner, let client):
                """
                SELECT name, currency
                FROM millwright.client
                WHERE partner_id = \(partner) AND client_id = \(client)
                FOR NO KEY UPDATE
                """
            }
        guard let row = try await transaction.one(statement) else { throw Problem.notFound("payer") }
        return (try row.decode("name"), try row.decode("currency", as: String?.self))
    }

    /// Which records the period bills, seen from the invoices that are final.
    private static func region(
        of period: BillingPeriod, _ payer: Payer, upTo position: Int64, isFinal: Bool, _ transaction: TenantTransaction
    ) async throws -> UsageRegion {
        let row = try await transaction.query(
            """
            SELECT (
                SELECT min(valid_from)
                FROM millwright.price_book
                WHERE partner_id = \(payer.partnerID) AND seller = \(payer.seller)
                  AND (client_id IS NULL OR client_id = \(payer.clientID))
              ) AS first_day,
              before.billing_begins, before.period_end, before.up_to_position
            FROM (SELECT 1) AS one
            LEFT JOIN LATERAL (
              SELECT billing_begins, period_end, up_to_position
              FROM millwright.invoice
              WHERE partner_id = \(payer.partnerID) AND client_id IS NOT DISTINCT FROM \(payer.clientID)
                AND seller = \(payer.seller) AND status = 'finalised'
              ORDER BY period_start DESC
              LIMIT 1
            ) AS before ON true
            """)[0]
        let firstDay = try row.decode("first_day", as: CivilDate?.self) ?? period.start
        // A book for an earlier month that is added later does not open months that were never to be billed.
        let begins = try row.decode("billing_begins", as: CivilDate?.self) ?? firstDay
        let invoicedUntil = try row.decode("period_end", as: CivilDate?.self) ?? begins
        if period.start == invoicedUntil {
            return UsageRegion(
                billingBegins: begins, until: period.end, upToPosition: position, afterUntil: invoicedUntil,
                afterPosition: try row.decode("up_to_position", as: Int64?.self) ?? 0)
        }
        guard !isFinal else {
            throw Problem(
                .wrongState,
                "The next period to be invoiced is \(BillingPeriod(containing: invoicedUntil)), not \(period).")
        }
        guard period.start > invoicedUntil else {
            throw Problem(.wrongState, "The period \(period) lies before the last invoice or the first price book.")
        }
        // A look ahead: what the periods before it will bill is not known yet, so only its own usage is shown.
        return UsageRegion(
            billingBegins: begins, until: period.end, upToPosition: position, afterUntil: period.start,
            afterPosition: position)
    }

    /// Counts the region, plant by plant.
    static func count(
        _ region: UsageRegion, _ payer: Payer, _ period: BillingPeriod, _ transaction: TenantTransaction
    ) async throws -> [InvoicedUsage] {
        try await transaction.query(
            """
            SELECT record.partner_id, record.client_id, record.plant_id, plant.name AS plant_name, record.meter,
              sum(record.quantity)::bigint AS quantity, count(*) AS records,
              coalesce(sum(record.quantity) FILTER (WHERE record.occurred_at < \(period.start.startUTC)), 0)::bigint
                AS late_quantity
            FROM millwright.usage_record AS record
            JOIN millwright.plant USING (partner_id, client_id, plant_id)
            WHERE \(fragment: region.condition(payer))
            GROUP BY record.partner_id, record.client_id, record.plant_id, plant.name, record.meter
            ORDER BY plant.name, record.plant_id, record.meter
            """
        ).map { row in
            InvoicedUsage(
                plant: .plant(try row.decode("partner_id"), try row.decode("client_id"), try row.decode("plant_id")),
                plantName: try row.decode("plant_name"), meter: try row.decode("meter"),
                quantity: try row.decode("quantity"), lateQuantity: try row.decode("late_quantity"),
                records: try row.decode("records"))
        }
    }

    static func quantities(of usage: [InvoicedUsage]) throws -> [UsageMeter: Int64] {
        try usage.reduce(into: [:]) { sums, used in
            let (sum, overflow) = sums[used.meter, default: 0].addingReportingOverflow(used.quantity)
            guard !overflow else { throw RatingError.amountTooLarge.problem }
            sums[used.meter] = sum
        }
    }

    static func rate(_ quantities: [UsageMeter: Int64], by terms: PriceTerms) throws -> RatedPeriod {
        do { return try Rating.rate(quantities, by: terms) } catch { throw error.problem }
    }

    private static func insertions(of lines: [RatedLine], _ id: InvoiceID, _ payer: Payer) -> [Statement] {
        lines.enumerated().map { index, line in
            """
            INSERT INTO millwright.invoice_line (
              partner_id, client_id, invoice_id, seller, position, kind, meter, quantity, tier_from, tier_to,
              unit_price, amount_minor)
            VALUES (
              \(payer.partnerID), \(payer.clientID), \(id), \(payer.seller), \(index + 1), \(line.kind), \(line.meter),
              \(line.units?.quantity), \(line.units?.from), \(line.units?.to),
              \(line.units?.unitPrice.description)::text::numeric, \(line.amountMinor))
            """
        }
    }

    private static func insertions(of usage: [InvoicedUsage], _ id: InvoiceID, _ payer: Payer) -> [Statement] {
        guard !usage.isEmpty else { return [] }
        return [
            """
            INSERT INTO millwright.invoice_usage (
              partner_id, client_id, invoice_id, seller, used_client_id, used_plant_id, plant_name, meter, quantity,
              late_quantity, records)
            SELECT \(payer.partnerID), \(payer.clientID), \(id), \(payer.seller), used.*
            FROM unnest(
              \(usage.compactMap(\.plant.clientID)), \(usage.compactMap(\.plant.plantID)), \(usage.map(\.plantName)),
              \(usage.map(\.meter.rawValue)), \(usage.map(\.quantity)), \(usage.map(\.lateQuantity)),
              \(usage.map(\.records))) AS used
            """
        ]
    }
}

extension RatingError {
    var problem: Problem { Problem(.wrongState, description) }
}

extension Invoice {
    func audited(_ action: String, by actor: Actor) -> AuditEntry {
        var value: JSONValue = [
            "period": .string(period.description), "total": .string(total.description),
            "status": .string(status.rawValue),
        ]
        if let number { value.set("number", .string(number)) }
        return AuditEntry(
            action, objectType: "invoice", objectID: id.description, new: value, by: actor, in: payer.scope)
    }
}
