import Billing
import JSON
import Primitives

/// Whose invoices a command is about, as the API has them.
struct InvoicePayer: Sendable {
    /// `/v1/partners/{id}` or `/v1/clients/{id}`.
    var path: String
    /// As it was given: `partner` or `partner/client`.
    var slugs: String
}

extension APIClient {
    func payer(_ given: String) async throws -> InvoicePayer {
        let parts = given.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count) else {
            throw Problem(
                .invalidParameters,
                "A partner pays the platform and a client pays its partner: name 'partner' or 'partner/client', not '\(given)'."
            )
        }
        let place = try await place(given)
        let path =
            parts.count == 1
            ? "/v1/partners/\(place["partnerId"]?.stringValue ?? "")"
            : "/v1/clients/\(place["clientId"]?.stringValue ?? "")"
        return InvoicePayer(path: path, slugs: given)
    }

    /// One invoice of a payer with its lines, named by its month, its number or its id.
    func invoice(_ name: String, of payer: InvoicePayer) async throws -> JSONValue {
        if InvoiceID(name) != nil { return try await get("\(payer.path)/invoices/\(name)") }
        let all = try await all("\(payer.path)/invoices")
        let found = all.first { $0["period"]?.stringValue == name || $0["number"]?.stringValue == name }
        guard let id = found?["id"]?.stringValue else {
            let months = all.compactMap { $0["period"]?.stringValue }.sorted()
            let offered =
                months.isEmpty
                ? "There is none yet; 'millwright invoice draft --payer \(payer.slugs) YYYY-MM' computes one."
                : "There are invoices for \(months.joined(separator: ", "))."
            throw Problem(.notFound, "\(payer.slugs) has no invoice '\(name)' that this key can see. \(offered)")
        }
        return try await get("\(payer.path)/invoices/\(id)")
    }
}

extension BillingPeriod {
    /// - Throws: a problem that says how a month is written.
    init(argument: String) throws(Problem) {
        guard let period = BillingPeriod(argument), period.description == argument else {
            throw Problem(.invalidParameters, "A month is written like 2026-01, not '\(argument)'.")
        }
        self = period
    }
}
