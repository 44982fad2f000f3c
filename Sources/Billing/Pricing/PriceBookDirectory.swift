package import Database
import JSON
package import Primitives
import Tenancy

/// The price books of the platform and of the partners.
package struct PriceBookDirectory: Sendable {
    let database: Database

    package init(database: Database) { self.database = database }

    /// Adds a book for a payer. It is used from the first period that begins on or after `terms.validFrom`.
    ///
    /// - Throws: `Problem(.wrongState)` when a period from that day on has been invoiced.
    package func add(_ terms: PriceTerms, for audience: PriceAudience, by actor: Actor) async throws -> PriceBook {
        let id = PriceBookID()
        do {
            return try await database.transaction(audience.sellerScope) { transaction in
                try await Self.refuseInvoiced(terms, audience, transaction)
                try await transaction.batch(Self.insertions(of: terms, id, audience))
                let rows = try await transaction.query("\(fragment: Self.selection) WHERE book.price_book_id = \(id)")
                guard let book = try Self.books(rows).first else { throw Problem.notFound("price book") }
                try await transaction.record(
                    AuditEntry(
                        "price-book.added", objectType: "price-book", objectID: id.description, new: terms.json,
                        by: actor, in: audience.auditScope))
                return book
            }
        } catch let error as DatabaseError where error.violates(constraint: "price_book_is_one_a_day") {
            throw Problem(
                .alreadyExists, "There is already a price book from this day on.",
                items: [.init(path: "/validFrom", message: "Is taken; choose a later month.")])
        } catch let error as DatabaseError where error.isForeignKeyViolation {
            throw Problem.notFound("tenant")
        }
    }

    /// The books for a payer, the latest first. Those of a client without the partner's book for everybody.
    package func books(for audience: PriceAudience) async throws -> [PriceBook] {
        try await database.read(audience.sellerScope) { transaction in
            try Self.books(
                try await transaction.query(
                    """
                    \(fragment: Self.selection)
                    WHERE book.partner_id = \(audience.partnerID) AND book.seller = \(audience.seller)
                      AND book.client_id IS NOT DISTINCT FROM \(audience.clientID)
                    ORDER BY book.valid_from DESC, rate.meter, tier.position
                    """))
        }
    }

    /// The book by which a payer's period is rated: the client's own before the one for everybody, and of those the
    /// latest that was valid on the period's first day.
    package func book(for payer: Payer, in period: BillingPeriod) async throws -> PriceBook? {
        try await database.read(payer.sellerScope) { try await Self.book(for: payer, in: period, $0) }
    }

    static func book(for payer: Payer, in period: BillingPeriod, _ transaction: TenantTransaction) async throws
        -> PriceBook?
    {
        let rows = try await transaction.query(
            """
            \(fragment: selection)
            WHERE book.partner_id = \(payer.partnerID) AND book.price_book_id = (
              SELECT price_book_id
              FROM millwright.price_book
              WHERE partner_id = \(payer.partnerID) AND seller = \(payer.seller) AND valid_from <= \(period.start)
                AND (client_id IS NULL OR client_id = \(payer.clientID))
              ORDER BY client_id NULLS LAST, valid_from DESC
              LIMIT 1)
            ORDER BY rate.meter, tier.position
            """)
        return try books(rows).first
    }

    static func book(_ id: PriceBookID, _ transaction: TenantTransaction) async throws -> PriceBook? {
        try books(
            try await transaction.query(
                "\(fragment: selection) WHERE book.price_book_id = \(id) ORDER BY rate.meter, tier.position")
        ).first
    }

    private static func refuseInvoiced(
        _ terms: PriceTerms, _ audience: PriceAudience, _ transaction: TenantTransaction
    ) async throws {
        let invoiced = try await transaction.query(
            """
            SELECT max(period_end) AS until
            FROM millwright.invoice
            WHERE partner_id = \(audience.partnerID) AND seller = \(audience.seller) AND status = 'finalised'
              AND (\(audience.clientID)::uuid IS NULL OR client_id = \(audience.clientID))
            """
        ).first?.decode("until", as: CivilDate?.self)
        if let until = invoiced ?? nil, terms.validFrom < until {
            throw Problem(
                .wrongState, "Periods up to \(until) have been invoiced; prices do not change backwards.",
                items: [.init(path: "/validFrom", message: "Must be \(until) or later.")])
        }
    }

    private static func insertions(of terms: PriceTerms, _ id: PriceBookID, _ audience: PriceAudience) -> [Statement] {
        var statements: [Statement] = [
            """
            INSERT INTO millwright.price_book (
              partner_id, client_id, price_book_id, seller, name, currency, valid_from, rounding, flat_fee, minimum)
            VALUES (
              \(audience.partnerID), \(audience.clientID), \(id), \(audience.seller), \(terms.name),
              \(terms.currency.code), \(terms.validFrom), \(terms.rounding), \(terms.flatFee.description)::numeric,
              \(terms.minimum.description)::numeric)
            """
        ]
        for (meter, rate) in terms.rates.sorted(by: { $0.key < $1.key }) {
            statements.append(
                """
                INSERT INTO millwright.price_book_rate (
                  partner_id, client_id, price_book_id, seller, meter, included, flat_fee, minimum)
                VALUES (
                  \(audience.partnerID), \(audience.clientID), \(id), \(audience.seller), \(meter), \(rate.included),
                  \(rate.flatFee.description)::numeric, \(rate.minimum.description)::numeric)
                """)
            for (index, tier) in rate.tiers.enumerated() {
                statements.append(
                    """
                    INSERT INTO millwright.price_book_tier (
                      partner_id, client_id, price_book_id, seller, meter, position, up_to, unit_price)
                    VALUES (
                      \(audience.partnerID), \(audience.clientID), \(id), \(audience.seller), \(meter), \(index + 1),
                      \(tier.upTo), \(tier.unitPrice.description)::numeric)
                    """)
            }
        }
        return statements
    }

    /// One row a tier; a book without rates and a rate without tiers are one row too.
    private static let selection: Statement = """
        SELECT book.partner_id, book.client_id, book.price_book_id, book.seller, book.name, book.currency,
          book.valid_from, book.rounding, book.flat_fee::text, book.minimum::text, book.created_at,
          rate.meter, rate.included, rate.flat_fee::text AS rate_flat_fee, rate.minimum::text AS rate_minimum,
          tier.position, tier.up_to, tier.unit_price::text
        FROM millwright.price_book AS book
        LEFT JOIN millwright.price_book_rate AS rate
          ON rate.partner_id = book.partner_id AND rate.price_book_id = book.price_book_id
        LEFT JOIN millwright.price_book_tier AS tier
          ON tier.partner_id = rate.partner_id AND tier.price_book_id = rate.price_book_id AND tier.meter = rate.meter
        """

    /// Puts the rows of one or more books together again, in the order in which the books come.
    private static func books(_ rows: Rows) throws -> [PriceBook] {
        var books: [PriceBook] = []
        for row in rows {
            let id = try row.decode("price_book_id", as: PriceBookID.self)
            if books.last?.id != id { books.append(try PriceBook(row: row)) }
            guard let meter = try row.decode("meter", as: UsageMeter?.self) else { continue }
            let last = books.count - 1
            var rate =
                try books[last].terms.rates[meter]
                ?? MeterRate(
                    included: row.decode("included"), flatFee: row.decimal("rate_flat_fee"),
                    minimum: row.decimal("rate_minimum"))
            if try !row.isNull("position") {
                rate.tiers.append(
                    PriceTier(upTo: try row.decode("up_to", as: Int64?.self), unitPrice: try row.decimal("unit_price")))
            }
            books[last].terms.rates[meter] = rate
        }
        return books
    }
}

extension PriceBook {
    /// The book without its rates.
    fileprivate init(row: Row) throws {
        guard let currency = Currency(try row.decode("currency", as: String.self)) else {
            throw DatabaseError(.decoding, "column currency holds a code that is not in use")
        }
        let terms = PriceTerms(
            name: try row.decode("name"), currency: currency, validFrom: try row.decode("valid_from"),
            rounding: try row.decode("rounding", as: RoundingRule.self), flatFee: try row.decimal("flat_fee"),
            minimum: try row.decimal("minimum"), rates: [:])
        self.init(
            id: try row.decode("price_book_id"), seller: try row.decode("seller", as: Seller.self),
            partnerID: try row.decode("partner_id"), clientID: try row.decode("client_id", as: ClientID?.self),
            terms: terms, createdAt: try row.decode("created_at"))
    }
}
