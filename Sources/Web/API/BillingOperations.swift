import Billing
import HTTPTypes
import JSON
import Primitives
import Tenancy

/// Usage, prices and invoices, for both sides: the platform and its partners, a partner and its clients.
struct BillingOperations {
    let ledger: UsageLedger
    let priceBooks: PriceBookDirectory
    let invoices: InvoiceDirectory
    let brands: BrandDirectory
    typealias Level = TenantOperations.Level

    var all: [Operation] {
        Level.all.map(usage) + [
            listPriceBooks(.partner), addPriceBook(.partner), listPriceBooks(.client), addPriceBook(.client),
            listInvoices(.partner), listInvoices(.client), draft(.partner), draft(.client), finalise(.partner),
            finalise(.client), read(.partner), read(.client), document(.partner), document(.client),
            lineUsage(.partner), lineUsage(.client),
        ]
    }

    // MARK: Usage

    private func usage(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "Usage", method: .get, path: level.path + "/usage",
            summary: "What was used in this \(level.source.rawValue), by plant and meter.", tag: "Billing",
            access: .permission(.usageRead, on: level.source),
            query: [
                .init("from", "Not before.", schema: Schema.timestamp),
                .init("to", "Before.", schema: Schema.timestamp),
                .init(
                    "by", "Cuts the totals into days or months, in UTC.", schema: Schema.oneOf(UsageLedger.Bucket.self)),
            ],
            success: .init(.ok, "Totals.", schema: Schema.object(["items": Schema.array(Schema.anyObject)]))
        ) { call in
            let totals = try await ledger.totals(
                in: call.scope, from: try call.timestamp("from"), to: try call.timestamp("to"),
                by: try call.oneOf("by", UsageLedger.Bucket.self) ?? .none)
            return .json([
                "items": .array(
                    totals.map { total in
                        var object: JSONObject = ["meter": .string(total.meter.rawValue)]
                        object.set("plantId", ifPresent: total.plant.plantID.json)
                        object["plant"] = .string(total.plantName)
                        object.set("startsAt", ifPresent: total.startsAt.json)
                        object["quantity"] = .number(JSONNumber(total.quantity))
                        object["records"] = .number(JSONNumber(total.records))
                        return .object(object)
                    })
            ])
        }
    }

    // MARK: Price books

    private static func audience(_ call: Call) throws(Problem) -> PriceAudience {
        switch call.scope {
        case .partner(let partner): return .partner(partner)
        case .client(let partner, let client): return .client(partner, client)
        case .platform, .plant: throw Problem.notFound("price book")
        }
    }

    private static func payer(_ call: Call) throws(Problem) -> Payer {
        switch call.scope {
        case .partner(let partner): return .partner(partner)
        case .client(let partner, let client): return .client(partner, client)
        case .platform, .plant: throw Problem.notFound("invoice")
        }
    }

    /// Prices and invoices are the seller's to make: the platform's for a partner, the partner's for a client.
    private static func checkIsSeller(_ call: Call, _ permission: Permission) throws {
        let seller = try payer(call).sellerScope
        guard try call.caller().allows(permission, in: seller) else {
            throw Problem(
                .forbidden, "Only the seller may do this: \(seller == .platform ? "the platform" : "the partner").")
        }
    }

    private static func json(_ book: PriceBook) -> JSONValue {
        var value = book.terms.json
        value.set("id", .string(book.id.description))
        value.set("createdAt", .string(book.createdAt.description))
        return value
    }

    private func listPriceBooks(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "PriceBooks", method: .get, path: level.path + "/price-books",
            summary: "What this \(level.source.rawValue) pays, by the day from which it is valid.", tag: "Billing",
            access: .permission(.priceBooksRead, on: level.source),
            success: .init(.ok, "All books.", schema: Schema.object(["items": Schema.array(Schema.anyObject)]))
        ) { call in
            let books = try await priceBooks.books(for: try Self.audience(call))
            return .json(["items": .array(books.map(Self.json))])
        }
    }

    private func addPriceBook(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "AddPriceBook", method: .post, path: level.path + "/price-books",
            summary: "Adds prices for this \(level.source.rawValue), from a first of a month on.", tag: "Billing",
            access: .permission(.priceBooksWrite, on: level.source), body: .init(Schema.anyObject),
            success: .init(.created, "The book.", schema: Schema.anyObject)
        ) { call in
            try Self.checkIsSeller(call, .priceBooksWrite)
            let book = try await priceBooks.add(
                try PriceTerms(json: call.body), for: try Self.audience(call), by: call.actor)
            return Reply(.created, .json(Self.json(book)))
        }
    }

    // MARK: Invoices

    private static let periodSchema = Schema.object(
        ["period": ["type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"]], required: ["period"])

    private static func period(_ call: Call) throws(Problem) -> BillingPeriod {
        guard let period = BillingPeriod(call.text("period")) else {
            throw Problem(
                .invalidParameters, "There is no such period.",
                items: [.init(path: "/period", message: "Must be a month, like 2026-01.")])
        }
        return period
    }

    /// Each line says where the records behind it are listed: it leads back to its runs.
    private static func json(_ invoice: Invoice, withLines: Bool = true) -> JSONValue {
        let usagePath =
            switch invoice.payer {
            case .partner(let partner): "/v1/partners/\(partner)/invoices/\(invoice.id)/usage"
            case .client(_, let client): "/v1/clients/\(client)/invoices/\(invoice.id)/usage"
            }
        var object: JSONObject = [
            "id": .string(invoice.id.description), "status": .string(invoice.status.rawValue),
            "period": .string(invoice.period.description), "currency": .string(invoice.total.currency.code),
        ]
        object["totalMinor"] = .number(JSONNumber(invoice.total.amountMinor))
        object["issuer"] = .string(invoice.issuerName)
        object["payer"] = .string(invoice.payerName)
        object["computedAt"] = .string(invoice.computedAt.description)
        object.set("number", ifPresent: invoice.number.map(JSONValue.string))
        object.set("finalisedAt", ifPresent: invoice.finalisedAt.json)
        guard withLines else { return .object(object) }
        object["lines"] = .array(
            invoice.lines.enumerated().map { index, line in
                line.json(position: index + 1, of: invoice, usage: usagePath)
            })
        object["usage"] = .array(
            invoice.usage.map { usage in
                var item: JSONObject = ["plant": .string(usage.plantName), "meter": .string(usage.meter.rawValue)]
                item.set("plantId", ifPresent: usage.plant.plantID.json)
                item["quantity"] = .number(JSONNumber(usage.quantity))
                item["lateQuantity"] = .number(JSONNumber(usage.lateQuantity))
                item["records"] = .number(JSONNumber(usage.records))
                return .object(item)
            })
        return .object(object)
    }

    private func listInvoices(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "Invoices", method: .get, path: level.path + "/invoices",
            summary: "The invoices that this \(level.source.rawValue) pays, newest first; drafts for the seller only.",
            tag: "Billing",
            access: .permission(.invoicesRead, on: level.source), query: QueryParameter.page,
            success: .init(.ok, "A page of invoices.", schema: Schema.page(Schema.anyObject))
        ) { call in
            let payer = try Self.payer(call)
            let page = try await invoices.invoices(
                in: try Self.readingScope(call, payer), payer: payer, page: call.pageRequest())
            return .page(page) { Self.json($0, withLines: false) }
        }
    }

    private func draft(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "DraftInvoice", method: .post, path: level.path + "/invoices",
            summary: "Computes the draft of a month's invoice; again with every call.", tag: "Billing",
            access: .permission(.invoicesWrite, on: level.source), body: .init(Self.periodSchema),
            success: .init(.created, "The draft.", schema: Schema.anyObject)
        ) { call in
            try Self.checkIsSeller(call, .invoicesWrite)
            let invoice = try await invoices.draft(Self.period(call), for: Self.payer(call), by: call.actor)
            return Reply(.created, .json(Self.json(invoice)))
        }
    }

    private func finalise(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "FinaliseInvoice", method: .post, path: level.path + "/invoices/finalise",
            summary: "Finalises a month that is over: the invoice gets its number and never changes again.",
            tag: "Billing", access: .permission(.invoicesWrite, on: level.source), body: .init(Self.periodSchema),
            success: .init(.ok, "The invoice.", schema: Schema.anyObject)
        ) { call in
            try Self.checkIsSeller(call, .invoicesWrite)
            return .json(
                Self.json(try await invoices.finalise(Self.period(call), for: Self.payer(call), by: call.actor)))
        }
    }

    /// Whoever may see the seller's books sees its drafts too.
    private static func readingScope(_ call: Call, _ payer: Payer) throws -> TenantScope {
        try call.caller().allows(.invoicesRead, in: payer.sellerScope) ? payer.sellerScope : call.scope
    }

    private func found(_ call: Call) async throws -> Invoice {
        let payer = try Self.payer(call)
        let invoice = try await invoices.invoice(
            call.id("invoice", of: "invoice"), in: try Self.readingScope(call, payer))
        guard invoice.payer == payer else { throw Problem.notFound("invoice") }
        return invoice
    }

    private func read(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "ReadInvoice", method: .get, path: level.path + "/invoices/{invoice}",
            summary: "One invoice with its lines and the usage behind them.", tag: "Billing",
            access: .permission(.invoicesRead, on: level.source),
            success: .init(.ok, "The invoice.", schema: Schema.anyObject)
        ) { call in .json(Self.json(try await found(call))) }
    }

    private func document(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "ReadInvoiceDocument", method: .get,
            path: level.path + "/invoices/{invoice}/document",
            summary: "The invoice as a page under the seller's brand.", tag: "Billing",
            access: .permission(.invoicesRead, on: level.source),
            success: .init(.ok, "HTML.", contentType: "text/html")
        ) { call in
            let invoice = try await found(call)
            let brand = try await brands.brand(for: invoice.payer.sellerScope)
            let address = level.path.replacing(
                "{\(level.source.rawValue)}", with: call.pathValues[level.source.rawValue] ?? "")
            let html = InvoiceDocument().html(
                invoice, brand: brand, usageAddress: "\(address)/invoices/\(invoice.id)/usage")
            return Reply(
                .ok, .bytes(Array(html.utf8), contentType: "text/html; charset=utf-8"),
                headers: [
                    .contentSecurityPolicy:
                        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
                    .referrerPolicy: "same-origin", .xContentTypeOptions: "nosniff",
                ])
        }
    }

    private func lineUsage(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "InvoiceUsage", method: .get,
            path: level.path + "/invoices/{invoice}/usage",
            summary: "The usage records behind an invoice, each with the run that caused it.", tag: "Billing",
            access: .permission(.invoicesRead, on: level.source),
            query: [
                .limit, .init("after", "The position of the last record that you have.", schema: Schema.integer),
                .init("meter", "Only this meter.", schema: Schema.oneOf(UsageMeter.self)),
                .init("plant", "Only this plant.", schema: Schema.uuid),
            ],
            success: .init(.ok, "A page of records.", schema: Schema.page(Schema.anyObject))
        ) { call in
            let page = try await invoices.usage(
                behind: try await found(call), meter: try call.oneOf("meter", UsageMeter.self),
                plant: try call.identifier("plant", PlantID.self),
                after: try call.integer("after").map(Int64.init),
                limit: min(200, max(1, try call.integer("limit") ?? PageRequest.defaultLimit)))
            return .page(page) { entry in
                var object: JSONObject = [
                    "meter": .string(entry.meter.rawValue), "subjectId": .string(entry.subjectID.description),
                    "occurredAt": .string(entry.occurredAt.description),
                ]
                object["quantity"] = .number(JSONNumber(entry.quantity))
                object["position"] = .number(JSONNumber(entry.position))
                object.set("plantId", ifPresent: entry.plant.plantID.json)
                object.set("runId", ifPresent: entry.runID.json)
                return .object(object)
            }
        }
    }
}

extension RatedLine {
    /// - Parameter usagePath: where the records behind the invoice are listed; a line of a meter names its part of them.
    fileprivate func json(position: Int, of invoice: Invoice, usage usagePath: String) -> JSONValue {
        var object: JSONObject = [
            "position": JSONValue(position), "kind": .string(kind.rawValue), "text": .string(text),
        ]
        if let meter {
            let records = invoice.usage.lazy.filter { $0.meter == meter }.reduce(0) { $0 + $1.records }
            object["meter"] = .string(meter.rawValue)
            object["title"] = .string(meter.title)
            object["records"] = .number(JSONNumber(records))
            object["usagePath"] = .string("\(usagePath)?meter=\(meter.rawValue)")
        }
        if let units {
            object["from"] = .number(JSONNumber(units.from))
            object["to"] = .number(JSONNumber(units.to))
            object["quantity"] = .number(JSONNumber(units.quantity))
            object["unitPrice"] = .string(units.unitPrice.description)
        }
        object["amountMinor"] = .number(JSONNumber(amountMinor))
        return .object(object)
    }
}
