import Database
import Primitives

extension InvoiceDirectory {
    static let selection: Statement = """
        SELECT partner_id, client_id, invoice_id, seller, status, number, period_start, period_end, price_book_id,
          currency, rounding, total_minor, issuer_name, payer_name, billing_begins, up_to_position, after_until,
          after_position, version, computed_at, finalised_at
        FROM millwright.invoice
        """

    static func current(_ id: InvoiceID, _ transaction: TenantTransaction) async throws -> Invoice {
        let answers = try await transaction.batch([
            "\(fragment: selection) WHERE invoice_id = \(id)",
            """
            SELECT kind, meter, tier_from, tier_to, unit_price::text, amount_minor
            FROM millwright.invoice_line
            WHERE invoice_id = \(id)
            ORDER BY position
            """,
            """
            SELECT partner_id, used_client_id, used_plant_id, plant_name, meter, quantity, late_quantity, records
            FROM millwright.invoice_usage
            WHERE invoice_id = \(id)
            ORDER BY plant_name, used_plant_id, meter
            """,
        ])
        guard let row = answers[0].first else { throw Problem.notFound("invoice") }
        var invoice = try Invoice(row: row)
        invoice.lines = try answers[1].map(RatedLine.init(row:))
        invoice.usage = try answers[2].map(InvoicedUsage.init(row:))
        return invoice
    }
}

extension RatedLine {
    fileprivate init(row: Row) throws {
        var units: Units?
        if let from = try row.decode("tier_from", as: Int64?.self) {
            units = Units(from: from, to: try row.decode("tier_to"), unitPrice: try row.decimal("unit_price"))
        }
        self.init(
            kind: try row.decode("kind", as: Kind.self), meter: try row.decode("meter", as: UsageMeter?.self),
            units: units, amountMinor: try row.decode("amount_minor"))
    }
}

extension InvoicedUsage {
    fileprivate init(row: Row) throws {
        self.init(
            plant: .plant(
                try row.decode("partner_id"), try row.decode("used_client_id"), try row.decode("used_plant_id")),
            plantName: try row.decode("plant_name"), meter: try row.decode("meter"),
            quantity: try row.decode("quantity"), lateQuantity: try row.decode("late_quantity"),
            records: try row.decode("records"))
    }
}
