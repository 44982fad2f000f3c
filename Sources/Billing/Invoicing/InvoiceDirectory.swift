package import Database
package import Primitives
package import Tenancy

/// The invoices: computing, finalising, reading, and leading each line back to what was counted.
///
/// A period is a calendar month in UTC. Usage belongs to the period in which it occurred; what is recorded after that
/// period's invoice was finalised is late, and is billed, and shown as late, with the next one. A correction is never
/// made on a finalised invoice.
package struct InvoiceDirectory: Sendable {
    let database: Database
    let brands: BrandDirectory
    let clock: any WallClock

    package init(database: Database, brands: BrandDirectory, clock: any WallClock = SystemWallClock()) {
        self.database = database
        self.brands = brands
        self.clock = clock
    }

    // MARK: Reading

    /// The invoices that a tenant sends and gets, the latest first, without lines. Drafts are the seller's own.
    package func invoices(in scope: TenantScope, payer: Payer? = nil, page: PageRequest) async throws
        -> Page<Invoice>
    {
        let rows = try await database.read(scope) { transaction in
            try await transaction.query(
                """
                \(fragment: Self.selection)
                WHERE (status = 'finalised' OR seller = ANY(\(Self.sellers(in: scope))))
                  AND (\(payer?.partnerID)::uuid IS NULL OR (
                    partner_id = \(payer?.partnerID) AND client_id IS NOT DISTINCT FROM \(payer?.clientID)))
                  AND (\(page.after)::uuid IS NULL OR invoice_id < \(page.after))
                ORDER BY invoice_id DESC
                LIMIT \(page.limit + 1)
                """)
        }
        return page.page(of: try rows.map(Invoice.init(row:))) { $0.id.raw }
    }

    /// One invoice with its lines and the usage of each plant.
    package func invoice(_ id: InvoiceID, in scope: TenantScope) async throws -> Invoice {
        let invoice = try await database.read(scope) { try await Self.current(id, $0) }
        guard invoice.status == .finalised || Self.sellers(in: scope).contains(invoice.payer.seller.rawValue) else {
            throw Problem.notFound("invoice")
        }
        return invoice
    }

    /// As which sellers a scope may see drafts.
    private static func sellers(in scope: TenantScope) -> [String] {
        switch scope {
        case .platform: Seller.allCases.map(\.rawValue)
        case .partner: [Seller.partner.rawValue]
        case .client, .plant: []
        }
    }

    /// The records that an invoice bills, also years later: a reader can follow them to their runs.
    ///
    /// - Parameter after: the `position` of the last record that the reader has.
    package func usage(
        behind invoice: Invoice, meter: UsageMeter? = nil, plant: PlantID? = nil, after: Int64? = nil,
        limit: Int = PageRequest.defaultLimit
    ) async throws -> Page<UsageEntry> {
        try await UsageLedger(database: database).page(
            in: invoice.payer.scope,
            """
            \(fragment: invoice.region.condition(invoice.payer))
            AND (\(meter)::text IS NULL OR record.meter = \(meter))
            AND (\(plant)::uuid IS NULL OR record.plant_id = \(plant))
            """, after: after, limit: limit)
    }

    // MARK: Drafting

    /// Computes a payer's period from what is recorded so far. An earlier draft of the period is replaced.
    package func draft(_ period: BillingPeriod, for payer: Payer, by actor: Actor) async throws -> Invoice {
        let issuer = try await issuerName(for: payer)
        return try await database.transaction(payer.sellerScope) { transaction in
            let position = try await transaction.query(
                "SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS position FROM millwright.usage_position"
            )[0].decode("position", as: Int64.self)
            let draft = try await Self.compute(period, payer, issuer: issuer, upTo: position, transaction)
            try await transaction.record(draft.audited("invoice.drafted", by: actor))
            return draft
        }
    }

    package func removeDraft(_ id: InvoiceID, in sellerScope: TenantScope, by actor: Actor) async throws {
        try await database.transaction(sellerScope) { transaction in
            let invoice = try await Self.current(id, transaction)
            guard invoice.status == .draft else {
                throw Problem(
                    .wrongState, "A finalised invoice stays. What is wrong in it is corrected in the next one.")
            }
            try await transaction.batch([
                "DELETE FROM millwright.invoice_line WHERE invoice_id = \(id)",
                "DELETE FROM millwright.invoice_usage WHERE invoice_id = \(id)",
                "DELETE FROM millwright.invoice WHERE invoice_id = \(id)",
            ])
            try await transaction.record(invoice.audited("invoice.draft-removed", by: actor))
        }
    }

    // MARK: Finalising

    /// Computes the period a last time, gives it its number, and closes it for good.
    ///
    /// - Throws: `Problem(.wrongState)` when the period is not over, is not the next one to be invoiced, or is final.
    package func finalise(_ period: BillingPeriod, for payer: Payer, by actor: Actor) async throws -> Invoice {
        let now = clock.now()
        guard period.end.startUTC <= now else {
            throw Problem(.wrongState, "The period \(period) is not over yet; a draft can be computed at any time.")
        }
        let issuer = try await issuerName(for: payer)
        let prefix = try await numberPrefix(for: payer)
        let position = try await settledPosition()
        return try await database.transaction(payer.sellerScope) { transaction in
            let draft = try await Self.compute(
                period, payer, issuer: issuer, upTo: position, isFinal: true, transaction)
            let number = try await Self.takeNumber(of: payer, prefix, at: now, transaction)
            try await transaction.execute(
                """
                UPDATE millwright.invoice
                SET status = 'finalised', number = \(number), finalised_at = \(now), version = version + 1
                WHERE partner_id = \(payer.partnerID) AND invoice_id = \(draft.id)
                """)
            let invoice = try await Self.current(draft.id, transaction)
            try await transaction.record(invoice.audited("invoice.finalised", by: actor))
            return invoice
        }
    }

    /// The position below which no record can appear any more. In a transaction of its own, because writers wait for
    /// its end. Behind a slow writer it gives up after two seconds and tries again, so that nobody waits long for it.
    private func settledPosition() async throws -> Int64 {
        try await database.retrying {
            try await database.transaction(.platform) { transaction in
                try await transaction.query("SELECT millwright.settle_usage_position() AS position")[0]
                    .decode("position", as: Int64.self)
            }
        }
    }

    /// The row of the issuer and year stays locked until the invoice is committed: no number is lost, none is doubled.
    private static func takeNumber(
        of payer: Payer, _ prefix: String, at now: Timestamp, _ transaction: TenantTransaction
    ) async throws -> String {
        let issuer = payer.seller == .platform ? PartnerID.platform : payer.partnerID
        let year = BillingPeriod(containing: now).start.year
        let number = try await transaction.query(
            """
            INSERT INTO millwright.invoice_counter (partner_id, year, last_number)
            VALUES (\(issuer), \(year), 1)
            ON CONFLICT ON CONSTRAINT invoice_counter_pkey DO UPDATE
            SET last_number = invoice_counter.last_number + 1
            RETURNING last_number
            """
        )[0].decode("last_number", as: Int64.self)
        let digits = String(number)
        return "\(prefix)-\(year)-" + String(repeating: "0", count: max(0, 5 - digits.utf8.count)) + digits
    }

    private func issuerName(for payer: Payer) async throws -> String {
        try await brands.brand(for: payer.sellerScope).productName
    }

    private func numberPrefix(for payer: Payer) async throws -> String {
        guard payer.seller == .partner else { return "MW" }
        return try await database.read(payer.sellerScope) { transaction in
            guard
                let row = try await transaction.one(
                    "SELECT slug FROM millwright.partner WHERE partner_id = \(payer.partnerID)")
            else { throw Problem.notFound("partner") }
            return try row.decode("slug", as: String.self).uppercased()
        }
    }
}
