import Billing
import Database
import Primitives
import Tenancy
import TestSupport
import Testing

@Suite struct InvoiceTests {
    @Test("without a price book there is no invoice")
    func noBook() async throws {
        try await BillingFixture.with { billing in
            let problem = await #expect(throws: Problem.self) {
                try await billing.invoices.draft(BillingFixture.january, for: billing.client, by: .system)
            }
            #expect(problem?.code == .wrongState)
        }
    }

    @Test("a period that is not over, is not the next one, or is final cannot be finalised")
    func wrongPeriods() async throws {
        try await BillingFixture.with { billing in
            try await billing.addBooks()
            let invoices = billing.invoices
            for period in [BillingFixture.february, BillingFixture.march, BillingPeriod("2025-12")!] {
                let problem = await #expect(throws: Problem.self) {
                    try await invoices.finalise(period, for: billing.client, by: .system)
                }
                #expect(problem?.code == .wrongState, "\(period)")
            }
            _ = try await invoices.finalise(BillingFixture.january, for: billing.client, by: .system)
            for attempt in [invoices.finalise, invoices.draft] {
                let problem = await #expect(throws: Problem.self) {
                    try await attempt(BillingFixture.january, billing.client, .system)
                }
                #expect(problem?.code == .wrongState)
            }
            billing.clock.set("2026-04-01T00:00:00Z")
            let skipped = await #expect(throws: Problem.self) {
                try await invoices.finalise(BillingFixture.march, for: billing.client, by: .system)
            }
            #expect(skipped?.detail.contains("2026-02") == true)
        }
    }

    @Test("a draft follows the usage; its lines are the total and lead back to the runs")
    func drafting() async throws {
        try await BillingFixture.with { billing in
            try await billing.addBooks()
            let run = try await billing.use(.runs, 1, at: "2026-01-05T00:00:00Z")
            let first = try await billing.invoices.draft(BillingFixture.january, for: billing.client, by: .system)
            #expect(first.total.description == "10.00 EUR")
            for _ in 0..<9 { try await billing.use(.runs, 1, at: "2026-01-31T23:59:59Z") }
            try await billing.use(.events, 150, at: "2026-01-06T00:00:00Z")
            try await billing.use(.runs, 1, at: "2026-02-01T00:00:00Z")
            try await billing.use(.runs, 1, at: "2025-12-31T23:59:59Z")
            let second = try await billing.invoices.draft(BillingFixture.january, for: billing.client, by: .system)
            #expect(second.id == first.id)
            #expect(second.version == first.version + 1)
            // 2 of 10 runs included, 8 at 0.01; 100 events at 0.005, 50 at 0.001; the fee of 10.
            #expect(second.lines.map(\.amountMinor) == [50, 5, 0, 8, 1000])
            #expect(second.total.amountMinor == 1063)
            #expect(try await billing.invoices.balance(of: second.id, in: billing.place.partner).faults == [])
            let behind = try await billing.invoices.usage(behind: second, meter: .runs, limit: 200)
            #expect(behind.items.count == 10)
            #expect(behind.items.first?.runID == RunID(run))
            #expect(behind.items.reduce(0) { $0 + $1.quantity } == 10)
        }
    }

    @Test("the records behind an invoice are read page by page, each once")
    func pagesOfUsage() async throws {
        try await BillingFixture.with { billing in
            try await billing.addBooks()
            for _ in 0..<5 { try await billing.use(.runs, 1, at: "2026-01-05T00:00:00Z") }
            let draft = try await billing.invoices.draft(BillingFixture.january, for: billing.client, by: .system)
            var seen: Set<UUIDv7> = []
            var after: Int64?
            repeat {
                let page = try await billing.invoices.usage(behind: draft, after: after, limit: 2)
                for entry in page.items { #expect(seen.insert(entry.subjectID).inserted) }
                after = page.next.flatMap { Int64($0) }
            } while after != nil
            #expect(seen.count == 5)
        }
    }

    @Test("numbers count up without gaps for each issuer and year, also when a finalisation fails in between")
    func numbers() async throws {
        try await BillingFixture.with { billing in
            try await billing.addBooks()
            let sibling = try await billing.tenants.makeClient(in: billing.place.partnerID)
            let other = Payer.client(billing.place.partnerID, sibling)
            let first = try await billing.invoices.finalise(BillingFixture.january, for: billing.client, by: .system)
            let nobody = Actor(kind: .user, principalID: nil, displayName: "Nobody")
            // Fails after the number was taken: its audit entry is refused.
            await #expect(throws: DatabaseError.self) {
                try await billing.invoices.finalise(BillingFixture.january, for: other, by: nobody)
            }
            let second = try await billing.invoices.finalise(BillingFixture.january, for: other, by: .system)
            let platform = try await billing.invoices.finalise(
                BillingFixture.january, for: billing.partner, by: .system)
            let slug = try #require(try await billing.tenants.directory.place(of: billing.place.partnerID)).path
            #expect(first.number == "\(slug.uppercased())-2026-00001")
            #expect(second.number == "\(slug.uppercased())-2026-00002")
            #expect(platform.number == "MW-2026-00001")
            billing.clock.set("2027-01-15T00:00:00Z")
            let next = try await billing.invoices.finalise(BillingFixture.february, for: billing.client, by: .system)
            #expect(next.number == "\(slug.uppercased())-2027-00001")
        }
    }

    @Test("two that finalise at once give one invoice and one number")
    func concurrentFinalisation() async throws {
        try await BillingFixture.with { billing in
            try await billing.addBooks()
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        do {
                            _ = try await billing.invoices.finalise(
                                BillingFixture.january, for: billing.client, by: .system)
                            return true
                        } catch { return false }
                    }
                }
                return await group.reduce(into: [Bool]()) { $0.append($1) }
            }
            #expect(outcomes.filter { $0 }.count == 1)
            let found = try await billing.invoices.invoices(in: billing.place.partner, page: PageRequest()).items
            #expect(found.compactMap(\.number).count == 1)
        }
    }

    @Test("usage that comes late is billed once, with the next invoice, and shown as late")
    func lateUsage() async throws {
        try await BillingFixture.with { billing in
            try await billing.addBooks()
            try await billing.use(.events, 10, at: "2026-01-05T00:00:00Z")
            try await billing.use(.events, 3, at: "2026-02-02T00:00:00Z")
            let january = try await billing.invoices.finalise(BillingFixture.january, for: billing.client, by: .system)
            #expect(january.usage.map(\.quantity) == [10])
            try await billing.use(.events, 7, at: "2026-01-31T00:00:00Z")
            billing.clock.set("2026-03-01T00:00:00Z")
            let february = try await billing.invoices.finalise(
                BillingFixture.february, for: billing.client, by: .system)
            #expect(february.usage.map(\.quantity) == [10])
            #expect(february.usage.map(\.lateQuantity) == [7])
            billing.clock.set("2026-04-01T00:00:00Z")
            let march = try await billing.invoices.finalise(BillingFixture.march, for: billing.client, by: .system)
            #expect(march.usage.isEmpty)
            for invoice in [january, february, march] {
                #expect(try await billing.invoices.balance(of: invoice.id, in: billing.place.partner).faults == [])
                #expect(try await billing.invoices.invoice(invoice.id, in: billing.place.client) == invoice)
            }
        }
    }

    @Test("a record that is being written while an invoice is finalised is in this invoice or the next, never in none")
    func writersDuringFinalisation() async throws {
        try await BillingFixture.with { billing in
            try await billing.addBooks()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<25 { try await billing.use(.events, 1, at: "2026-01-20T00:00:00Z") }
                    }
                }
                group.addTask {
                    _ = try await billing.invoices.finalise(BillingFixture.january, for: billing.client, by: .system)
                }
                try await group.waitForAll()
            }
            billing.clock.set("2026-03-01T00:00:00Z")
            _ = try await billing.invoices.finalise(BillingFixture.february, for: billing.client, by: .system)
            let found = try await billing.invoices.invoices(in: billing.place.partner, page: PageRequest()).items
            var billed: Int64 = 0
            for invoice in found {
                let whole = try await billing.invoices.invoice(invoice.id, in: billing.place.partner)
                billed += whole.usage.reduce(0) { $0 + $1.quantity }
                #expect(try await billing.invoices.balance(of: invoice.id, in: billing.place.partner).faults == [])
            }
            #expect(billed == 100)
        }
    }

    @Test("finalising waits for a writer that has drawn an earlier position and has not committed yet")
    func openWriter() async throws {
        try await BillingFixture.with { billing in
            try await billing.addBooks()
            let database = billing.tenants.database
            let (written, hasWritten) = AsyncStream.makeStream(of: Void.self)
            let (released, release) = AsyncStream.makeStream(of: Void.self)
            let isFinal = Flag()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await database.transaction(billing.place.scope) { transaction in
                        try await transaction.execute(billing.record(.events, 1, at: "2026-01-20T00:00:00Z"))
                        hasWritten.yield()
                        for await _ in released { break }
                    }
                }
                for await _ in written { break }
                try await billing.use(.events, 1, at: "2026-01-21T00:00:00Z")
                group.addTask {
                    defer { isFinal.raise() }
                    _ = try await billing.invoices.finalise(BillingFixture.january, for: billing.client, by: .system)
                }
                while !isFinal.isRaised {
                    let waiting = try await SuperuserSession.run(
                        "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'millwright.usage_record'::regclass",
                        on: database)
                    if !waiting.isEmpty { break }
                }
                release.yield()
                try await group.waitForAll()
            }
            let found = try await billing.invoices.invoices(in: billing.place.client, page: PageRequest()).items
            let invoice = try await billing.invoices.invoice(try #require(found.first).id, in: billing.place.client)
            #expect(invoice.usage.map(\.quantity) == [2])
            #expect(try await billing.invoices.balance(of: invoice.id, in: billing.place.partner).faults == [])
        }
    }

    @Test("a finalised invoice is changed by nobody, neither it nor what hangs on it", arguments: [true, false])
    func immutable(asPlatform: Bool) async throws {
        try await BillingFixture.with { billing in
            try await billing.addBooks()
            try await billing.use(.events, 10, at: "2026-01-05T00:00:00Z")
            let invoice = try await billing.invoices.finalise(BillingFixture.january, for: billing.client, by: .system)
            let scope = asPlatform ? TenantScope.platform : billing.place.partner
            let statements: [Statement] = [
                "UPDATE millwright.invoice SET total_minor = 0 WHERE invoice_id = \(invoice.id)",
                """
                UPDATE millwright.invoice SET status = 'draft', number = NULL, finalised_at = NULL
                WHERE invoice_id = \(invoice.id)
                """,
                "DELETE FROM millwright.invoice_line WHERE invoice_id = \(invoice.id)",
                "DELETE FROM millwright.invoice_usage WHERE invoice_id = \(invoice.id)",
                """
                INSERT INTO millwright.invoice_line (
                  partner_id, client_id, invoice_id, seller, position, kind, amount_minor)
                VALUES (\(billing.place.partnerID), \(billing.place.clientID), \(invoice.id), 'partner', 99, 'fee', 1)
                """,
            ]
            for statement in statements {
                let error = await #expect(throws: DatabaseError.self) {
                    try await billing.tenants.database.transaction(scope) { try await $0.execute(statement) }
                }
                #expect(error?.constraint == "finalised_is_final", "\(statement.sql)")
            }
            let problem = await #expect(throws: Problem.self) {
                try await billing.invoices.removeDraft(invoice.id, in: scope, by: .system)
            }
            #expect(problem?.code == .wrongState)
        }
    }

    @Test("a status without a number, or a number without the status, is refused by name")
    func finalisedHasNumber() async throws {
        try await BillingFixture.with { billing in
            try await billing.addBooks()
            let draft = try await billing.invoices.draft(BillingFixture.january, for: billing.client, by: .system)
            let error = await #expect(throws: DatabaseError.self) {
                try await billing.tenants.database.transaction(billing.place.partner) { transaction in
                    try await transaction.execute(
                        "UPDATE millwright.invoice SET status = 'finalised' WHERE invoice_id = \(draft.id)")
                }
            }
            #expect(error?.constraint == "finalised_has_number")
        }
    }

    @Test("a client that has left still owes what it used")
    func deletedPayer() async throws {
        try await BillingFixture.with { billing in
            try await billing.addBooks()
            try await billing.use(.events, 10, at: "2026-01-05T00:00:00Z")
            try await billing.tenants.directory.delete(billing.place.client, reason: "left", by: .system)
            let invoice = try await billing.invoices.finalise(BillingFixture.january, for: billing.client, by: .system)
            #expect(invoice.usage.map(\.quantity) == [10])
        }
    }

    @Test("a client is not invoiced in a currency that is not its own")
    func otherCurrency() async throws {
        try await BillingFixture.with { billing in
            try await billing.addBooks()
            _ = try await billing.tenants.directory.change(
                billing.place.client, TenantChange(currency: "CHF"), by: .system)
            let problem = await #expect(throws: Problem.self) {
                try await billing.invoices.draft(BillingFixture.january, for: billing.client, by: .system)
            }
            #expect(problem?.code == .wrongState)
        }
    }

    @Test("drafts are the seller's; the payer sees what is final, and a stranger nothing")
    func whoSeesWhat() async throws {
        try await BillingFixture.with { billing in
            try await billing.addBooks()
            let stranger = try await billing.tenants.makePlant()
            let draft = try await billing.invoices.draft(BillingFixture.january, for: billing.client, by: .system)
            let bought = try await billing.invoices.draft(BillingFixture.january, for: billing.partner, by: .system)
            for (scope, id) in [
                (billing.place.client, draft.id), (stranger.partner, draft.id), (billing.place.partner, bought.id),
                (billing.place.client, bought.id),
            ] {
                let problem = await #expect(throws: Problem.self) { try await billing.invoices.invoice(id, in: scope) }
                #expect(problem?.code == .notFound)
            }
            let own = try await billing.invoices.invoices(in: billing.place.partner, page: PageRequest())
            #expect(own.items.map(\.id) == [draft.id])
            let final = try await billing.invoices.finalise(BillingFixture.january, for: billing.client, by: .system)
            #expect(try await billing.invoices.invoice(final.id, in: billing.place.client).number == final.number)
            #expect(
                try await billing.invoices.invoices(in: billing.place.client, page: PageRequest()).items.map(\.id)
                    == [final.id])
        }
    }

    @Test("whoever buys writes neither the prices nor the bill")
    func buyersDoNotWrite() async throws {
        try await BillingFixture.with { billing in
            try await billing.addBooks()
            let bought = try await billing.invoices.draft(BillingFixture.january, for: billing.partner, by: .system)
            let sold = try await billing.invoices.draft(BillingFixture.january, for: billing.client, by: .system)
            for (scope, id) in [(billing.place.partner, bought.id), (billing.place.client, sold.id)] {
                let changed = try await billing.tenants.database.transaction(scope) { transaction in
                    try await transaction.execute(
                        "UPDATE millwright.invoice SET total_minor = 0 WHERE invoice_id = \(id)")
                        + transaction.execute("DELETE FROM millwright.invoice_line WHERE invoice_id = \(id)")
                }
                #expect(changed == 0)
            }
            for (scope, seller, client) in [
                (billing.place.partner, "platform", nil), (billing.place.client, "partner", billing.place.clientID),
            ] {
                let error = await #expect(throws: DatabaseError.self) {
                    try await billing.tenants.database.transaction(scope) { transaction in
                        try await transaction.execute(
                            """
                            INSERT INTO millwright.price_book (
                              partner_id, client_id, price_book_id, seller, name, currency, valid_from, rounding)
                            VALUES (
                              \(billing.place.partnerID), \(client), \(PriceBookID()), \(seller), 'Cheap', 'EUR',
                              '2026-05-01', 'half-up')
                            """)
                    }
                }
                #expect(error?.sqlState == SQLState.insufficientPrivilege)
            }
        }
    }

    @Test("an invoice whose numbers were tampered with is out of balance, and says where")
    func outOfBalance() async throws {
        try await BillingFixture.with { billing in
            try await billing.addBooks()
            try await billing.use(.events, 10, at: "2026-01-05T00:00:00Z")
            let draft = try await billing.invoices.draft(BillingFixture.january, for: billing.client, by: .system)
            for (tampering, word) in [
                ("UPDATE millwright.invoice SET total_minor = total_minor + 1", "add up"),
                (
                    "UPDATE millwright.invoice_line SET amount_minor = amount_minor + 1 WHERE kind = 'usage'",
                    "times its price"
                ),
                ("UPDATE millwright.invoice_usage SET quantity = quantity + 1", "usage records"),
            ] {
                try await SuperuserSession.run(tampering, on: billing.tenants.database)
                let balance = try await billing.invoices.balance(of: draft.id, in: billing.place.partner)
                #expect(balance.faults.contains { $0.contains(word) }, "\(balance.faults)")
                _ = try await billing.invoices.draft(BillingFixture.january, for: billing.client, by: .system)
                #expect(try await billing.invoices.balance(of: draft.id, in: billing.place.partner).isBalanced)
            }
        }
    }

    @Test("a client's own prices come before the prices for everybody, and later prices follow earlier ones")
    func whichBook() async throws {
        try await BillingFixture.with { billing in
            try await billing.addBooks()
            let place = billing.place
            let later = try await billing.books.add(
                try BillingFixture.terms(from: "2026-02-01"), for: .clients(of: place.partnerID), by: .system)
            let own = try await billing.books.add(
                try BillingFixture.terms(from: "2026-03-01"), for: .client(place.partnerID, place.clientID), by: .system
            )
            #expect(try await billing.books.book(for: billing.client, in: BillingFixture.january)?.id != later.id)
            #expect(try await billing.books.book(for: billing.client, in: BillingFixture.february) == later)
            #expect(try await billing.books.book(for: billing.client, in: BillingFixture.march) == own)
            #expect(try await billing.books.book(for: billing.partner, in: BillingFixture.march)?.seller == .platform)
            let twice = await #expect(throws: Problem.self) {
                try await billing.books.add(
                    try BillingFixture.terms(from: "2026-02-01"), for: .clients(of: place.partnerID), by: .system)
            }
            #expect(twice?.code == .alreadyExists)
            _ = try await billing.invoices.finalise(BillingFixture.january, for: billing.client, by: .system)
            let backwards = await #expect(throws: Problem.self) {
                try await billing.books.add(
                    try BillingFixture.terms(), for: .client(place.partnerID, place.clientID), by: .system)
            }
            #expect(backwards?.code == .wrongState)
        }
    }
}
