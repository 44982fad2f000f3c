import Billing
import Database
import JSON
import Primitives
import Tenancy

/// Draws up the books from four independent sides: the API's lists, the stand-in system's own count, a recount of the
/// journal, and the invoices.
struct BookKeeper: Sendable {
    let stage: DemoStage
    let plants: [DemoPlant]

    func drawUp(_ report: Replayer.Report) async throws -> Books {
        var books = Books()
        books.events.refused = report.refused.count
        books.events.duplicate = report.duplicate
        for item in try await stage.overviews() { count(item, &books) }
        books.tickets.expected = try await expectedTickets()
        let ledger = try await stage.standInClient.books()
        books.tickets.present = stage.number(ledger, "references")
        books.tickets.doubled = stage.number(ledger, "doubledReferences")
        try await reconcile(&books)
        books.check()
        for refused in report.refused.prefix(20) {
            stage.session.say("  refused: line \(refused.line): \(refused.reason)")
        }
        return books
    }

    private func count(_ item: JSONValue, _ books: inout Books) {
        books.events.accepted += stage.number(item, "eventsAccepted")
        books.runs.completed += stage.number(item, "runsCompleted")
        books.runs.faulted += stage.number(item, "runsFaulted") + stage.number(item, "runsCancelled")
        books.runs.open += stage.number(item, "runsOpen")
        books.runs.started += stage.number(item, "runsStarted")
    }

    /// A completed run says in its output that it opened a ticket, and which.
    private func expectedTickets() async throws -> Int {
        try await stage.domain.database.read(.platform) { transaction in
            let row = try await transaction.one(
                """
                SELECT count(*) AS tickets
                FROM millwright.run
                WHERE status = 'completed' AND json_typeof(output -> 'ticket') = 'object'
                  AND coalesce(output ->> 'outcome', '') <> 'repeated'
                """)
            return try row?.decode("tickets", as: Int.self) ?? 0
        }
    }

    /// Usage against a recount of the journal, and this month's invoices for both sides against their own lines.
    private func reconcile(_ books: inout Books) async throws {
        let domain = stage.domain
        let actor = Actor(kind: .system, principalID: nil, displayName: "millwright demo", origin: "command")
        let period = BillingPeriod(containing: Timestamp.now())
        books.usageIsBalanced = true
        books.invoicesAreBalanced = true
        for partner in try await domain.tenants.children(of: .platform, page: try PageRequest(limit: 200)).items {
            guard let partnerID = partner.scope.partnerID else { continue }
            let reconciliation = try await domain.ledger.reconcile(in: partner.scope)
            if !reconciliation.isBalanced {
                books.usageIsBalanced = false
                books.objections += reconciliation.differences.prefix(5).map(\.description)
            }
            var payers: [Payer] = [.partner(partnerID)]
            for client in try await domain.tenants.children(of: partner.scope, page: try PageRequest(limit: 200)).items
            {
                if let clientID = client.scope.clientID { payers.append(.client(partnerID, clientID)) }
            }
            for payer in payers {
                let invoice = try await domain.invoices.draft(period, for: payer, by: actor)
                let balance = try await domain.invoices.balance(of: invoice.id, in: payer.sellerScope)
                if !balance.isBalanced {
                    books.invoicesAreBalanced = false
                    books.objections += balance.faults
                }
                stage.session.say(
                    "  invoice \(invoice.issuerName) → \(invoice.payerName), \(period): \(invoice.total.amount) \(invoice.total.currency)"
                )
            }
        }
    }
}
