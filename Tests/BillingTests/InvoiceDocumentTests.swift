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
        let html = InvoiceDocument().html(try invoice(), brand: brand)
        let path = PostgresFixture.migrations + "/../Tests/Golden/invoice.html"
        if ProcessInfo.processInfo.environment["MILLWRIGHT_WRITE_GOLDEN"] != nil {
            try html.write(toFile: path, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == html)
    }

    @Test("names are text and never markup")
    func hostileNames() throws {
        var invoice = try invoice()
        invoice.payerName = "<script>alert(1)</script>"
        invoice.usage[0].plantName = "\"><img src=x onerror=alert(1)>"
        let html = InvoiceDocument().html(invoice, brand: try brand())
        #expect(!html.contains("<script"))
        #expect(!html.contains("<img src=x"))
        #expect(html.contains("&lt;script&gt;"))
    }

    @Test("a draft says that it is one, and has no number and no date")
    func draft() throws {
        var invoice = try invoice()
        invoice.status = .draft
        invoice.number = nil
        invoice.finalisedAt = nil
        let html = InvoiceDocument().html(invoice, brand: .standard)
        #expect(html.contains("This is a draft"))
        #expect(!html.contains("<dt>Date</dt>"))
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
