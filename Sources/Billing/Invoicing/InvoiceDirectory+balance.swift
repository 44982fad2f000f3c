import Database
package import Primitives

/// Whether an invoice says what its records and its price book say.
package struct InvoiceBalance: Sendable, Hashable {
    /// Sentences; empty when everything adds up.
    package var faults: [String]
    package var isBalanced: Bool { faults.isEmpty }
}

extension InvoiceDirectory {
    /// Adds everything up again: the lines to the total, the lines of a meter to its usage, the usage to the records
    /// that are in the database now, and the price book's lines to those that were written.
    package func balance(of id: InvoiceID, in scope: TenantScope) async throws -> InvoiceBalance {
        let (invoice, book, counted) = try await database.read(scope, deadline: .seconds(300)) { transaction in
            let invoice = try await Self.current(id, transaction)
            return (
                invoice, try await PriceBookDirectory.book(invoice.priceBookID, transaction),
                try await Self.count(invoice.region, invoice.payer, invoice.period, transaction)
            )
        }
        var faults = Self.faults(within: invoice)
        // A plant may have been renamed since: its name on the invoice is that of the day.
        if Set(counted.map(\.unnamed)) != Set(invoice.usage.map(\.unnamed)) {
            faults.append("The usage of the plants is not what the usage records give now.")
        }
        guard let book else {
            // The payer's side does not see the partner's book for everybody.
            return InvoiceBalance(faults: faults)
        }
        let rated = try Self.rate(try Self.quantities(of: invoice.usage), by: book.terms)
        if rated.lines != invoice.lines || rated.total != invoice.total {
            faults.append("The lines are not what the price book gives for the usage.")
        }
        return InvoiceBalance(faults: faults)
    }

    private static func faults(within invoice: Invoice) -> [String] {
        var faults: [String] = []
        let sum = invoice.lines.reduce(0) { $0 + $1.amountMinor }
        if sum != invoice.total.amountMinor {
            faults.append("The lines add up to \(sum) minor units, the total says \(invoice.total.amountMinor).")
        }
        let used = (try? quantities(of: invoice.usage)) ?? [:]
        for (meter, lines) in Dictionary(grouping: invoice.lines.filter { $0.units != nil }, by: \.meter) {
            guard let meter else { continue }
            let billed = lines.reduce(0) { $0 + ($1.units?.quantity ?? 0) }
            if billed != used[meter] ?? 0 {
                faults.append("The lines of \(meter.rawValue) have \(billed) units, its usage has \(used[meter] ?? 0).")
            }
        }
        for line in invoice.lines {
            guard let units = line.units else { continue }
            let exact = Decimal(units.quantity).multiplied(by: units.unitPrice)
            let money = exact.flatMap { Money($0, invoice.total.currency, rounding: invoice.rounding) }
            if money?.amountMinor != line.amountMinor {
                faults.append("A line of \(line.meter?.rawValue ?? "") is not its quantity times its price.")
            }
        }
        return faults
    }
}

extension InvoicedUsage {
    fileprivate var unnamed: InvoicedUsage {
        var copy = self
        copy.plantName = ""
        return copy
    }
}
