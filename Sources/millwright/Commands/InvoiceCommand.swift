import ArgumentParser
import Billing
import JSON
import NIOHTTP1
import Primitives

/// What partners and clients owe, and why.
struct InvoiceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invoice", abstract: "Usage, and the invoices of partners and clients.",
        discussion: """
            A payer is named by its slugs: 'partner' pays the platform, 'partner/client' pays the partner. Months are \
            written 2026-01 and are calendar months in UTC.
            """,
        subcommands: [
            List.self, Show.self, Draft.self, Finalise.self, Page.self, Runs.self, UsageFigures.self,
        ], defaultSubcommand: List.self)

    /// Whose invoice, and how the answer is written.
    struct PayerOptions: ParsableArguments {
        @Option(help: "Who pays: partner, or partner/client.") var payer: String
        @Flag(help: "The API's JSON instead of a table.") var json = false

        func write(_ invoice: JSONValue, _ payer: InvoicePayer) {
            Terminal.writeLine(json ? invoice.serialized(.pretty) : InvoiceText(invoice: invoice, payer: payer).text)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The invoices of a payer, the newest first.")
        @OptionGroup var server: ServerOptions
        @OptionGroup var options: PayerOptions

        func run() async throws {
            let client = try server.client()
            let payer = try await client.payer(options.payer)
            let invoices = try await client.all("\(payer.path)/invoices")
            if options.json { return Terminal.writeLine(JSONValue.array(invoices).serialized(.pretty)) }
            var table = TextTable("Month", "Number", "Status", "Total", "Computed")
            for invoice in invoices {
                table.add(
                    InvoiceText.text(invoice["period"]), invoice["number"]?.stringValue ?? "–",
                    InvoiceText.text(invoice["status"]),
                    InvoiceText.amount(invoice["totalMinor"], invoice["currency"]),
                    InvoiceText.text(invoice["computedAt"]))
            }
            Terminal.writeLine(
                table.rows.isEmpty
                    ? "\(payer.slugs) has no invoices that this key can see. Drafts are the seller's own." : table.text)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One invoice: its lines, and the usage that they come from.")
        @OptionGroup var server: ServerOptions
        @OptionGroup var options: PayerOptions
        @Argument(help: "Its month (2026-01), its number or its id.") var invoice: String

        func run() async throws {
            let client = try server.client()
            let payer = try await client.payer(options.payer)
            options.write(try await client.invoice(invoice, of: payer), payer)
        }
    }

    struct Draft: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compute a month's invoice from what is recorded so far; again as often as you like.")
        @OptionGroup var server: ServerOptions
        @OptionGroup var options: PayerOptions
        @Argument(help: "The month, like 2026-01.") var month: String

        func run() async throws {
            let period = try BillingPeriod(argument: month)
            let client = try server.client()
            let payer = try await client.payer(options.payer)
            let draft = try await client.post("\(payer.path)/invoices", ["period": .string(period.description)])
            options.write(draft, payer)
        }
    }

    struct Finalise: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a month that is over its number. The invoice never changes again.")
        @OptionGroup var server: ServerOptions
        @OptionGroup var options: PayerOptions
        @Argument(help: "The month, like 2026-01. Months are finalised in order.") var month: String

        func run() async throws {
            let period = try BillingPeriod(argument: month)
            let client = try server.client()
            let payer = try await client.payer(options.payer)
            let invoice = try await client.post(
                "\(payer.path)/invoices/finalise", ["period": .string(period.description)])
            options.write(invoice, payer)
        }
    }

    struct Page: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "html", abstract: "Write an invoice as a page under the seller's brand.")
        @OptionGroup var server: ServerOptions
        @Option(help: "Who pays: partner, or partner/client.") var payer: String
        @Argument(help: "Its month (2026-01), its number or its id.") var invoice: String
        @Option(name: .shortAndLong, help: "The file; - for standard output. Default: a name made of the invoice's.")
        var output: String?

        func run() async throws {
            let client = try server.client()
            let payer = try await client.payer(payer)
            let found = try await client.invoice(invoice, of: payer)
            let id = InvoiceText.text(found["id"])
            let page = try await client.call(.GET, "\(payer.path)/invoices/\(id)/document")
            let text = String(decoding: page.bytes, as: UTF8.self)
            if output == "-" { return Terminal.write(text) }
            let path = output ?? Self.fileName(found, payer)
            try FileText.write(text, to: path, mode: 0o644)
            Terminal.writeLine(path)
        }

        /// `invoice-partner-client-2026-01.html`: slugs and months have no character that a file cannot have.
        private static func fileName(_ invoice: JSONValue, _ payer: InvoicePayer) -> String {
            let kind = invoice["number"] == nil ? "draft" : "invoice"
            return "\(kind)-\(payer.slugs.replacing("/", with: "-"))-\(InvoiceText.text(invoice["period"])).html"
        }
    }
}
