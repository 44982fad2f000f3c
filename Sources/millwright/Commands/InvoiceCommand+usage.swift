import ArgumentParser
import Billing
import JSON
import Primitives

extension InvoiceCommand {
    struct Runs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What stands behind an invoice or one of its lines: every counted fact, with its run.")
        @OptionGroup var server: ServerOptions
        @OptionGroup var options: PayerOptions
        @Argument(help: "The invoice's month (2026-01), its number or its id.") var invoice: String
        @Option(help: "Only what is behind this line, by its number in 'invoice show'.") var line: Int?
        @Option(help: "Only this plant, by its id.") var plant: String?
        @Option(help: "How many.") var limit = 50
        @Option(help: "Go on after this position.") var after: Int?

        func validate() throws {
            guard limit > 0 else { throw ValidationError("--limit must be at least 1.") }
        }

        func run() async throws {
            let client = try server.client()
            let payer = try await client.payer(options.payer)
            let found = try await client.invoice(invoice, of: payer)
            let meter = try line.map { try Self.meter(ofLine: $0, of: found) }
            let (items, next) = try await records(client, payer, found, meter)
            if options.json { return Terminal.writeLine(JSONValue.array(items).serialized(.pretty)) }
            guard !items.isEmpty else { return Terminal.writeLine("Nothing stands behind it.") }
            Terminal.writeLine(Self.table(items, found).text)
            if let next { Terminal.writeLine("\nThere is more: --after \(next)") }
            if let item = items.first(where: { $0["runId"] != nil }) {
                Terminal.writeLine(
                    "\nWhat happened in a run: millwright runs show --plant \(InvoiceText.text(item["plantId"])) \(InvoiceText.text(item["runId"]))"
                )
            }
        }

        private func records(
            _ client: APIClient, _ payer: InvoicePayer, _ invoice: JSONValue, _ meter: String?
        ) async throws -> (items: [JSONValue], next: String?) {
            let filter = (meter.map { "&meter=\($0)" } ?? "") + (plant.map { "&plant=\($0)" } ?? "")
            let path = "\(payer.path)/invoices/\(InvoiceText.text(invoice["id"]))/usage"
            var items: [JSONValue] = []
            var next = after.map(String.init)
            repeat {
                let start = next.map { "&after=\($0)" } ?? ""
                let page = try await client.get("\(path)?limit=\(min(200, limit - items.count))\(filter)\(start)")
                items += page["items"]?.arrayValue ?? []
                next = page["next"]?.stringValue
            } while next != nil && items.count < limit
            return (items, next)
        }

        private static func meter(ofLine number: Int, of invoice: JSONValue) throws(Problem) -> String {
            let lines = invoice["lines"]?.arrayValue ?? []
            guard let line = lines.first(where: { $0["position"]?.intValue == number }) else {
                throw Problem(.notFound, "The invoice has \(lines.count) lines; there is no line \(number).")
            }
            guard let meter = line["meter"]?.stringValue else {
                throw Problem(
                    .invalidParameters,
                    "Line \(number) (\(InvoiceText.text(line["text"]))) is a price by itself: no usage stands behind it."
                )
            }
            return meter
        }

        private static func table(_ items: [JSONValue], _ invoice: JSONValue) -> TextTable {
            var names: [String: String] = [:]
            for item in invoice["usage"]?.arrayValue ?? [] {
                names[InvoiceText.text(item["plantId"])] = InvoiceText.text(item["plant"])
            }
            var table = TextTable("Position", "Occurred", "Plant", "Meter", "Quantity", "Run")
            for item in items {
                let plant = InvoiceText.text(item["plantId"])
                table.add(
                    InvoiceText.text(item["position"]), InvoiceText.text(item["occurredAt"]), names[plant] ?? plant,
                    InvoiceText.text(item["meter"]), InvoiceText.text(item["quantity"]),
                    item["runId"]?.stringValue ?? "–")
            }
            return table
        }
    }

    struct UsageFigures: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "usage", abstract: "What was used, by plant and meter, whether it is invoiced or not.")
        @OptionGroup var server: ServerOptions
        @Option(help: "partner, partner/client or partner/client/plant. Default: the whole platform.") var of: String?
        @Option(help: "A month, like 2026-01. Default: the current one.") var month: String?
        @Option(help: "Not before this date or moment, instead of a month.") var from: String?
        @Option(help: "Before this date or moment, instead of a month.") var to: String?
        @Option(help: "Cut into day or month.") var by: String?
        @Flag(help: "The API's JSON instead of a table.") var json = false

        func run() async throws {
            let query = try query()
            let client = try server.client()
            let answer = try await client.get("\(try await path(client))/usage?\(query)")
            if json { return Terminal.writeLine(answer.serialized(.pretty)) }
            var table = TextTable("Plant", "Meter", "From", "Quantity", "Records")
            for item in answer["items"]?.arrayValue ?? [] {
                table.add(
                    InvoiceText.text(item["plant"]), InvoiceText.text(item["meter"]),
                    item["startsAt"].map { String(InvoiceText.text($0).prefix(10)) } ?? "",
                    InvoiceText.text(item["quantity"]), InvoiceText.text(item["records"]))
            }
            Terminal.writeLine(table.rows.isEmpty ? "Nothing was used." : table.text)
        }

        private func query() throws(Problem) -> String {
            var parts: [String] = []
            if from != nil || to != nil {
                if month != nil {
                    throw Problem(.invalidParameters, "Give a month, or --from and --to, not both.")
                }
                for (name, given) in [("from", from), ("to", to)] {
                    guard let given else { continue }
                    guard let moment = Timestamp(given) else {
                        throw Problem(
                            .invalidParameters,
                            "--\(name) is a date or a moment like 2026-01-31 or 2026-01-31T08:00:00Z, not '\(given)'.")
                    }
                    parts.append("\(name)=\(moment)")
                }
            } else {
                let period =
                    try month.map { (text) throws(Problem) in try BillingPeriod(argument: text) }
                    ?? BillingPeriod(containing: Timestamp.now())
                parts += ["from=\(period.start)T00:00:00Z", "to=\(period.end)T00:00:00Z"]
            }
            if let by {
                guard let bucket = UsageLedger.Bucket(rawValue: by) else {
                    throw Problem(.invalidParameters, "--by takes day or month, not '\(by)'.")
                }
                parts.append("by=\(bucket.rawValue)")
            }
            return parts.joined(separator: "&")
        }

        private func path(_ client: APIClient) async throws -> String {
            guard let of else { return "/v1/platform" }
            let place = try await client.place(of)
            for (level, plural) in [("plantId", "plants"), ("clientId", "clients"), ("partnerId", "partners")] {
                if let id = place[level]?.stringValue { return "/v1/\(plural)/\(id)" }
            }
            throw Problem.notFound("tenant \(of)")
        }
    }
}
