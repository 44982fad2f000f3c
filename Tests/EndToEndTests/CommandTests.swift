import Foundation
import JSON
import Testing

/// The operator's commands as an operator types them: files, prices, connections, invoices.
@Suite("The operator's commands", .serialized)
struct CommandTests {
    @Test("mistakes in a client's own prices are named with file and line, before anything is touched")
    func priceMistakes() async throws {
        let folder = try TenantFolder()
        try folder.write(
            "tenants/acme/works/prices.yaml", "name: X\ncurrency: AUD\nvalidFrom: 2026-01-02\ncolour: red\nmeters: {}\n"
        )
        try folder.write("tenants/acme/works/second.yaml", "slug: north\nname: Again\ntimeZone: Europe/Berlin\n")
        let refused = try await Command.run([
            "apply", "--plan", "--tenants", folder.path + "/tenants", "--data-dir", "/nonexistent/x",
        ])
        #expect(refused.status == 2)
        for part in [
            "prices.yaml:3:", "first day of a month", "prices.yaml:4:", "colour", "second.yaml:1:", "north.yaml:1:",
        ] {
            #expect(refused.error.contains(part), "\(part): \(refused.error)")
        }
        try folder.write("tenants/acme/works/second.yaml", nil)
        try folder.write("tenants/acme/works/prices.yaml", "name: X\nname: Y\ncurrency: EUR\nvalidFrom: 2026-01-01\n")
        let doubled = try await Command.run(["apply", "--plan", "--tenants", folder.path + "/tenants"])
        #expect(doubled.status == 2 && doubled.error.contains("prices.yaml:2:"), "\(doubled.error)")
        try folder.write(
            "tenants/acme/works/prices.yaml", "name: X\ncurrency: AUD\nvalidFrom: 2026-01-01\nmeters: {}\n")
        let currency = try await Command.run(["apply", "--plan", "--tenants", folder.path + "/tenants"])
        #expect(currency.status == 2 && currency.error.contains("invoiced in EUR"), "\(currency.error)")
    }

    @Test("networks that cannot be opened are refused with every other mistake of the configuration")
    func settingMistakes() async throws {
        for networks in ["169.254.0.0/16", "10.0.0.0/8,localhost"] {
            let refused = try await Command.run(["serve", "--private-networks", networks, "--port", "none"])
            #expect(refused.status == 2, "\(refused)")
            for part in [
                "MILLWRIGHT_PRIVATE_NETWORKS", String(networks.split(separator: ",").last!), "MILLWRIGHT_PORT",
            ] {
                #expect(refused.error.contains(part), "\(part): \(refused.error)")
            }
        }
    }

    @Test("every command about runs takes --json")
    func machineReadableRuns() async throws {
        let help = try await Command.run(["runs", "--help"]).output
        let commands = help.split(separator: "\n").drop { !$0.hasPrefix("SUBCOMMANDS:") }.dropFirst()
            .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }.compactMap { $0.split(separator: " ").first }
        #expect(commands.count >= 19, "\(help)")
        for command in commands {
            let options = try await Command.run(["runs", String(command), "--help"]).output
            #expect(options.contains("--json"), "\(command): \(options)")
        }
    }

    @Test("prices, a connection's test and invoices, from files to the page", .timeLimit(.minutes(10)))
    func fromFilesToInvoice() async throws {
        let folder = try TenantFolder()
        let ledger = folder.path + "/ledger"
        let standIn = try await Server(
            ["stand-in-cmms", "--ledger", ledger, "--end-with-input"], ["MILLWRIGHT_STAND_IN_KEY": "right-k3y"])
        try folder.writePlant(standInPort: standIn.port)
        let data = folder.path + "/data"
        let server = try await Server(["serve", "--data-dir", data, "--end-with-input"] + TenantFolder.opened)
        do {
            try await work(folder, data, standIn, server)
        } catch {
            Issue.record(error)
        }
        #expect(await server.stop() == 0)
        #expect(await standIn.stop() == 0)
    }

    private func work(_ folder: TenantFolder, _ data: String, _ standIn: Server, _ server: Server) async throws {
        // Files.
        let files = ["apply", "--data-dir", data, "--tenants", folder.path + "/tenants"]
        let shut = try await Command.run(files, ["CMMS_KEY": "wrong-k3y"])
        #expect(shut.status == 2 && shut.error.contains("private-networks"), "\(shut)")
        let apply = files + TenantFolder.opened
        let first = try await Command.run(apply, ["CMMS_KEY": "wrong-k3y"])
        #expect(first.status == 0 && first.output.contains("prices: what acme/works alone pays"), "\(first)")
        let again = try await Command.run(apply, ["CMMS_KEY": "wrong-k3y"])
        #expect(again.output.contains("Nothing to do"), "\(again)")
        try folder.write("tenants/acme/works/prices.yaml", TenantFolder.prices(fee: "8"))
        let changed = try await Command.run(apply)
        #expect(changed.status == 1 && changed.error.contains("prices.yaml:1:"), "\(changed)")

        // A key, and whoever it is for.
        let key = try await Command.run([
            "key", "--data-dir", data, "--email", "ops@example.com", "--create-administrator",
        ])
        let access = [
            "MILLWRIGHT_SERVER": server.address,
            "MILLWRIGHT_API_KEY": key.output.trimmingCharacters(in: .whitespacesAndNewlines),
        ]

        // The connection: a wrong credential, and none of it in what is said.
        let plant = ["--plant", "acme/works/north"]
        let connections = try await Command.run(["connections"] + plant, access)
        #expect(connections.output.contains("stand-in-cmms"), "\(connections)")
        let test = try await Command.run(["connections", "test"] + plant + ["cmms"], access)
        #expect(test.status == 1 && test.output.contains("credential:"), "\(test)")
        #expect(test.output.contains("GET 127.0.0.1:\(standIn.port)/api/work-orders"))
        #expect(!test.output.contains("wrong-k3y") && !test.error.contains("wrong-k3y"))
        let nobody = try await Command.run(["connections", "test"] + plant + ["erp"], access)
        #expect(nobody.status == 1 && nobody.error.contains("It has: cmms"), "\(nobody)")

        // The invoice: the client's own fee of 7 and not the 9 for everybody.
        let month = String(Date.now.ISO8601Format().prefix(7))
        let payer = ["--payer", "acme/works"]
        let draft = try await Command.run(["invoice", "draft"] + payer + [month], access)
        #expect(draft.status == 0 && draft.output.contains("total 7.00 EUR"), "\(draft)")
        let shown = try await Command.run(["invoice", "show"] + payer + [month, "--json"], access)
        #expect(try JSONValue(parsing: shown.output)["totalMinor"] == 700)
        let list = try await Command.run(["invoice", "list"] + payer, access)
        #expect(list.output.contains(month) && list.output.contains("draft"))
        let page = folder.path + "/invoice.html"
        let html = try await Command.run(["invoice", "html"] + payer + [month, "--output", page], access)
        #expect(html.output.contains(page))
        #expect(try String(contentsOfFile: page, encoding: .utf8).contains("Works Ltd"))
        let fee = try await Command.run(["invoice", "runs"] + payer + [month, "--line", "1"], access)
        #expect(fee.status == 2 && fee.error.contains("price by itself"), "\(fee)")
        let usage = try await Command.run(["invoice", "usage", "--of", "acme/works/north"], access)
        #expect(usage.status == 0, "\(usage)")
        let early = try await Command.run(["invoice", "finalise"] + payer + [month], access)
        #expect(early.status == 1 && early.error.contains("not over"), "\(early)")
        let wrong = try await Command.run(["invoice", "draft"] + payer + ["2026-1"], access)
        #expect(wrong.status == 2 && wrong.error.contains("2026-01"), "\(wrong)")
        let unknown = try await Command.run(["invoice", "list", "--payer", "acme/nobody"], access)
        #expect(unknown.status == 1 && unknown.error.contains("acme/nobody"), "\(unknown)")
    }
}

/// Tenants in a temporary folder.
private final class TenantFolder: Sendable {
    /// For `serve` and `apply`: the stand-in system stands on this machine.
    static let opened = ["--private-networks", "127.0.0.0/8,::1"]

    let path: String

    init() throws {
        path = "/tmp/millwright-test-\(UUID().uuidString.prefix(8))"
        try writeTenants()
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    static func prices(fee: String) -> String {
        "name: Works only\ncurrency: EUR\nvalidFrom: 2025-01-01\nflatFee: '\(fee)'\nmeters: {}\n"
    }

    private func writeTenants() throws {
        try write(
            "tenants/acme/partner.yaml",
            """
            slug: acme
            name: Acme
            clientPrices: { name: Everybody, currency: EUR, validFrom: 2025-01-01, flatFee: '9', meters: {} }
            """)
        try write("tenants/acme/works/client.yaml", "slug: works\nname: Works Ltd\ncurrency: EUR\n")
        try write("tenants/acme/works/prices.yaml", Self.prices(fee: "7"))
        try write("tenants/acme/works/north.yaml", "slug: north\nname: North\ntimeZone: Europe/Berlin\n")
    }

    func writePlant(standInPort port: Int) throws {
        try write(
            "tenants/acme/works/north.yaml",
            """
            slug: north
            name: North
            timeZone: Europe/Berlin
            egress: [{ host: 127.0.0.1, port: \(port), allowsPrivate: true }]
            connections:
              - name: cmms
                connector: stand-in-cmms
                configuration: { baseAddress: 'http://127.0.0.1:\(port)' }
                credential: { kind: api-key, environment: CMMS_KEY }
            """)
    }

    /// Writes a file, or removes it.
    func write(_ name: String, _ text: String?) throws {
        let file = URL(filePath: path + "/" + name)
        guard let text else { return try FileManager.default.removeItem(at: file) }
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: true, encoding: .utf8)
    }
}
