import Billing
import Foundation
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing

@Suite struct InvoiceDocumentTests {
    @Test("an invoice page is the one that was looked at and found good")
    func golden() throws {
        let brand = try brand()
        let html = Self.page(try invoice(), brand)
        let path = PostgresFixture.migrations + "/../Tests/Golden/invoice.html"
        if ProcessInfo.processInfo.environment["MILLWRIGHT_WRITE_GOLDEN"] != nil {
            try html.write(toFile: path, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == html)
    }

    @Test("names are text and never markup")
    func hostileNames() throws {
        // A sign that is one character with the mark beside it is a sign all the same to a browser.
        for mark in ["", "\u{0600}", "\u{110BD}"] {
            var invoice = try invoice()
            var brand = try brand()
            invoice.payerName = mark + "<script>alert(1)</script>"
            invoice.usage[0].plantName = "\"><img src=x onerror=alert(1)>"
            brand.legalLinks = [BrandLink(label: mark + "<b>", url: "https://x.example/\"\u{0301} onclick=\"a")]
            let html = Array(Self.page(invoice, brand).utf8)
            for sign in ["<script", "<img src=x", "<b>", "\"\u{0301}"] { #expect(!html.contains(Array(sign.utf8))) }
            #expect(html.contains(Array("&lt;script&gt;".utf8)))
        }
    }

    @Test("a draft says that it is one, and has no number and no date")
    func draft() throws {
        var invoice = try invoice()
        invoice.status = .draft
        invoice.number = nil
        invoice.finalisedAt = nil
        let html = Self.page(invoice, .standard)
        #expect(html.contains("This is a draft"))
        #expect(!html.contains("<dt>Date</dt>"))
    }

    @Test("every meter that is charged leads to its records, and what belongs to none does not")
    func records() throws {
        let html = Self.page(try invoice(), try brand())
        for meter in ["runs", "events"] {
            #expect(html.contains("<a href=\"/v1/clients/c/invoices/i/usage?meter=\(meter)\">records and runs</a>"))
        }
        #expect(html.split(separator: "records and runs").count == 3)
    }

    private static func page(_ invoice: Invoice, _ brand: Brand) -> String {
        InvoiceDocument().html(invoice, brand: brand, usageAddress: "/v1/clients/c/invoices/i/usage")
    }

    private func brand() throws -> Brand {
        var brand = Brand.standard
        brand.productName = "Nordwerk Flow"
        brand.colours[.primary] = HexColour("#0b6e4f")
        brand.supportAddress = "help@nordwerk.example"
        brand.legalLinks = [BrandLink(label: "Imprint", url: "https://nordwerk.example/imprint")]
        return brand
    }

    private func invoice() throws -> Invoice {
        let terms = try BillingFixture.terms()
        let rated = try Rating.rate([.runs: 1234, .events: 1_234_567], by: terms)
        let partner = PartnerID(UUIDv7(high: 1, low: 1))
        let client = ClientID(UUIDv7(high: 2, low: 2))
        let plant = TenantScope.plant(partner, client, PlantID(UUIDv7(high: 3, low: 3)))
        return Invoice(
            id: InvoiceID(UUIDv7(high: 4, low: 4)), payer: .client(partner, client), status: .finalised,
            number: "NORDWERK-2026-00017", period: BillingFixture.january, priceBookID: PriceBookID(),
            rounding: terms.rounding, total: rated.total, issuerName: "Nordwerk Flow", payerName: "Baumann & Söhne",
            lines: rated.lines,
            usage: [
                InvoicedUsage(
                    plant: plant, plantName: "Werk Süd", meter: .events, quantity: 1_234_567, lateQuantity: 89,
                    records: 4711),
                InvoicedUsage(
                    plant: plant, plantName: "Werk Süd", meter: .runs, quantity: 1234, lateQuantity: 0, records: 1234),
            ],
            region: UsageRegion(
                billingBegins: BillingFixture.january.start, until: BillingFixture.january.end, upToPosition: 9,
                afterUntil: BillingFixture.january.start, afterPosition: 0),
            version: 2, computedAt: Timestamp("2026-02-03T10:00:00Z")!, finalisedAt: Timestamp("2026-02-03T10:00:00Z")!)
    }
}
