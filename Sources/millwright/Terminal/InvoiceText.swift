import JSON
import Primitives

/// An invoice of the API for people at a terminal: its lines, what was used, and the way back to the runs.
struct InvoiceText {
    let invoice: JSONValue
    let payer: InvoicePayer

    var text: String { ([head, lines, usage] + wayBack).joined(separator: "\n\n") }

    /// `12.30 EUR`.
    static func amount(_ minor: JSONValue?, _ currency: JSONValue?) -> String {
        guard let minor = minor?.intValue, let currency = currency?.stringValue.flatMap({ Currency($0) }) else {
            return ""
        }
        return Money(amountMinor: Int64(minor), currency: currency).description
    }

    static func text(_ value: JSONValue?) -> String { value?.stringValue ?? value?.serialized() ?? "" }

    private var head: String {
        let title = invoice["number"].map { "Invoice \(Self.text($0))" } ?? "Draft"
        let when =
            invoice["finalisedAt"].map { "finalised \(Self.text($0))" }
            ?? "computed \(Self.text(invoice["computedAt"])), not final"
        return """
            \(title) · \(Self.text(invoice["period"])) · \(when)
            \(Self.text(invoice["issuer"])) → \(Self.text(invoice["payer"])) · total \(total)
            """
    }

    private var total: String { Self.amount(invoice["totalMinor"], invoice["currency"]) }

    private var lines: String {
        var table = TextTable("Line", "What", "", "Quantity", "Unit price", "Amount", "Records behind")
        for line in invoice["lines"]?.arrayValue ?? [] {
            table.add(
                Self.text(line["position"]), Self.text(line["title"]), Self.text(line["text"]),
                Self.text(line["quantity"]), Self.text(line["unitPrice"]),
                Self.amount(line["amountMinor"], invoice["currency"]), Self.text(line["records"]))
        }
        return table.rows.isEmpty ? "It has no lines: nothing was used that costs anything." : table.text
    }

    private var usage: String {
        var table = TextTable("Plant", "Meter", "Quantity", "Of it late", "Records")
        for item in invoice["usage"]?.arrayValue ?? [] {
            table.add(
                Self.text(item["plant"]), Self.text(item["meter"]), Self.text(item["quantity"]),
                Self.text(item["lateQuantity"]), Self.text(item["records"]))
        }
        return table.rows.isEmpty ? "Nothing was used in the period." : table.text
    }

    private var wayBack: [String] {
        guard let line = invoice["lines"]?.arrayValue?.first(where: { $0["records"].map { $0 != 0 } ?? false }) else {
            return []
        }
        let name = Self.text(invoice["period"])
        return [
            "What stands behind a line, run by run:\n"
                + "  millwright invoice runs --payer \(payer.slugs) \(name) --line \(Self.text(line["position"]))"
        ]
    }
}
