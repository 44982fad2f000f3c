import Billing
import Primitives
import Tenancy

/// Usage against a recount of the journal, and this month's invoices for both sides against their own lines.
struct BooksAudit: Sendable {
    var usageIsBalanced = true
    var invoicesAreBalanced = true
    /// Sentences about what does not agree.
    var objections: [String] = []

    /// - Parameter say: told each invoice.
    static func perform(_ domain: Domain, say: (String) -> Void) async throws -> BooksAudit {
        let actor = Actor(kind: .system, principalID: nil, displayName: "millwright demo", origin: "command")
        let period = BillingPeriod(containing: Timestamp.now())
        var audit = BooksAudit()
        for partner in try await domain.tenants.children(of: .platform, page: try PageRequest(limit: 200)).items {
            guard let partnerID = partner.scope.partnerID else { continue }
            let reconciliation = try await domain.ledger.reconcile(in: partner.scope)
            if !reconciliation.isBalanced {
                audit.usageIsBalanced = false
                audit.objections += reconciliation.differences.prefix(5).map(\.description)
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
                    audit.invoicesAreBalanced = false
                    audit.objections += balance.faults
                }
                say(
                    "invoice \(invoice.issuerName) → \(invoice.payerName), \(period): \(invoice.total.amount) \(invoice.total.currency)"
                )
            }
        }
        return audit
    }
}
