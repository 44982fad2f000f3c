import Mustache
import Primitives
package import Tenancy

/// An invoice as a page for people: one HTML file that needs nothing else, in the seller's name and colours.
package struct InvoiceDocument: Sendable {
    private let template: MustacheTemplate

    package init() {
        do {
            template = try PageContent.template(InvoiceTemplate.text)
        } catch {
            preconditionFailure("the invoice template is part of the program and parses: \(error)")
        }
    }

    /// - Parameters:
    ///   - brand: the seller's, as it stands today; the names and amounts are those of the invoice.
    ///   - usageAddress: where the records behind the invoice are listed, each with its run; `?meter=` is added.
    package func html(_ invoice: Invoice, brand: Brand, usageAddress: String) -> String {
        template.render(Self.values(of: invoice, brand, usageAddress))
    }

    private static func values(of invoice: Invoice, _ brand: Brand, _ usageAddress: String) -> [String: Any] {
        var values: [String: Any] = [
            "title": invoice.number.map { "Invoice \($0)" } ?? "Draft invoice",
            "isDraft": invoice.status == .draft,
            "issuer": invoice.issuerName,
            "payer": invoice.payerName,
            "period": "\(invoice.period.start) to \(lastDay(of: invoice.period))",
            "sections": sections(of: invoice, usageAddress),
            "total": AmountText.text(invoice.total),
            "currency": invoice.total.currency.code,
            "usage": invoice.usage.map { used(invoice, $0) },
            "hasUsage": !invoice.usage.isEmpty,
            "hasLate": invoice.usage.contains { $0.lateQuantity > 0 },
            "rounding": roundingText(invoice.rounding),
            "primary": brand[.primary].description,
            "onPrimary": brand[.onPrimary].readable(on: brand[.primary]).description,
            "text": brand[.text].readable(on: brand[.surface]).description,
            "background": brand[.background].description,
            "surface": brand[.surface].description,
            "font": brand.font.cssFamily,
            "links": brand.legalLinks.map { ["label": $0.label, "url": $0.url] },
        ]
        if let number = invoice.number { values["number"] = number }
        if let finalisedAt = invoice.finalisedAt { values["date"] = String(finalisedAt.description.prefix(10)) }
        if let logo = brand.logo { values["logo"] = logo }
        if let support = brand.supportAddress { values["support"] = support }
        return values
    }

    private static func lastDay(of period: BillingPeriod) -> CivilDate {
        CivilDate(daysSince1970: period.end.daysSince1970 - 1)
    }

    /// The lines of each meter under its name, then what belongs to no meter.
    private static func sections(of invoice: Invoice, _ usageAddress: String) -> [[String: Any]] {
        var sections: [(title: String, lines: [RatedLine])] = []
        for line in invoice.lines {
            let title = line.meter?.title ?? "General"
            if sections.last?.title == title {
                sections[sections.count - 1].lines.append(line)
            } else {
                sections.append((title, [line]))
            }
        }
        return sections.map { section in
            var values: [String: Any] = [
                "title": section.title, "lines": section.lines.map { self.line($0, invoice.total.currency) },
            ]
            if let meter = section.lines.first?.meter { values["records"] = "\(usageAddress)?meter=\(meter.rawValue)" }
            return values
        }
    }

    private static func line(_ line: RatedLine, _ currency: Currency) -> [String: Any] {
        var values: [String: Any] = [
            "text": line.text, "amount": AmountText.text(Money(amountMinor: line.amountMinor, currency: currency)),
        ]
        if let units = line.units {
            values["quantity"] = AmountText.grouped(units.quantity)
            values["unitPrice"] = units.unitPrice.text(decimals: currency.decimals)
        }
        return values
    }

    private static func used(_ invoice: Invoice, _ used: InvoicedUsage) -> [String: Any] {
        [
            "plant": used.plantName, "meter": used.meter.title, "quantity": AmountText.grouped(used.quantity),
            "late": used.lateQuantity > 0 ? AmountText.grouped(used.lateQuantity) : "",
            "records": AmountText.grouped(used.records),
        ]
    }

    private static func roundingText(_ rule: RoundingRule) -> String {
        switch rule {
        case .halfUp: "half up"
        case .halfEven: "half to even"
        }
    }
}

extension RatedLine {
    /// What the line is for, as it stands on the page under the name of its meter.
    package var text: String {
        switch kind {
        case .included: "Included"
        case .usage:
            units.map { "Units \(AmountText.grouped($0.from + 1)) to \(AmountText.grouped($0.to))" } ?? "Units"
        case .meterFee: "Flat fee"
        case .meterMinimum: "Up to the minimum"
        case .fee: "Flat fee of the period"
        case .minimum: "Up to the minimum of the period"
        }
    }
}

/// Numbers for people: groups of three digits with a narrow space between, which no country takes for a decimal sign.
enum AmountText {
    static func text(_ money: Money) -> String {
        let parts = money.amount.text(decimals: money.currency.decimals).split(separator: ".")
        let whole = grouped(String(parts[0]))
        return parts.count > 1 ? "\(whole).\(parts[1])" : whole
    }

    static func grouped(_ number: Int64) -> String { grouped(String(number)) }

    private static func grouped(_ digits: String) -> String {
        let isNegative = digits.hasPrefix("-")
        let plain = Array(isNegative ? digits.dropFirst() : digits[...])
        var text = ""
        for (index, digit) in plain.enumerated() {
            if index > 0, (plain.count - index).isMultiple(of: 3) { text += "\u{202F}" }
            text.append(digit)
        }
        return (isNegative ? "-" : "") + text
    }
}
