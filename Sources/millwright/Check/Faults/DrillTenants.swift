import JSON
import NIOHTTP1
import Primitives
import Tenancy
import YAML

/// A plant of the check, with who acts in it.
struct DrillPlant: Sendable {
    var id: String
    var slug: String
    var supervisorKey: String
}

/// The tenants of the check: a partner with prices, a client, plants, and in each plant a workflow for each kind of other
/// system.
struct DrillTenants: Sendable {
    static let slug = "drill"

    let domain: Domain
    /// Where the files of tenants and keys are written.
    let folder: String
    let plantCount: Int
    /// Where the other systems listen.
    let systemsPort: Int

    /// Tenants, prices and people, from files as any operator has them. No control plane is needed.
    /// - Returns: the key of the platform's administrator, and those of the plants' supervisors by the plant's slug.
    func apply() async throws -> (administrator: String, supervisors: [String: String]) {
        let tenants = folder + "/tenants"
        try DataDirectory.make("\(tenants)/\(Self.slug)/\(Self.slug)", mode: 0o700)
        try FileText.write(Self.partner, to: "\(tenants)/\(Self.slug)/partner.yaml", mode: 0o600)
        try FileText.write(Self.client, to: "\(tenants)/\(Self.slug)/\(Self.slug)/client.yaml", mode: 0o600)
        for number in 1...plantCount {
            let path = "\(tenants)/\(Self.slug)/\(Self.slug)/plant-\(number).yaml"
            try FileText.write(plant(number), to: path, mode: 0o600)
        }
        let files = try await TenantCheck.read(folder: tenants, home: domain.settings.home)
        _ = try await ApplyCommand.apply(files, domain, isDryRun: false)
        let keys = try await DemoKeys.ensure(domain, file: folder + "/keys.json")
        var supervisors: [String: String] = [:]
        for number in 1...plantCount {
            let slug = "plant-\(number)"
            supervisors[slug] = keys.token(.supervisor, in: "\(Self.slug)/\(Self.slug)/\(slug)")
        }
        return (keys.token(.platformAdmin, in: "") ?? "", supervisors)
    }

    /// Templates, connections and workflows, through the API.
    func furnish(_ client: APIClient, _ supervisors: [String: String]) async throws -> [DrillPlant] {
        guard let partner = try await client.all("/v1/partners").first(where: { $0["slug"] == .string(Self.slug) }),
            let partnerID = partner["id"]?.stringValue,
            let owner = try await client.all("/v1/partners/\(partnerID)/clients").first?["id"]?.stringValue
        else { throw Problem.notFound("partner") }
        for kind in DrillSystems.Kind.allCases {
            _ = try await client.post(
                "/v1/partners/\(partnerID)/templates", try DrillWorkflow.template(kind),
                idempotencyKey: UUIDv7().description)
        }
        var plants: [DrillPlant] = []
        for found in try await client.all("/v1/clients/\(owner)/plants") {
            guard let id = found["id"]?.stringValue, let slug = found["slug"]?.stringValue,
                let key = supervisors[slug]
            else { continue }
            for kind in DrillSystems.Kind.allCases {
                let connection = try await BenchPlatform.made(
                    client, "/v1/plants/\(id)/connections",
                    [
                        "name": .string(kind.rawValue), "connector": DrillSystems.connector(kind),
                        "configuration": ["baseAddress": .string("http://127.0.0.1:\(systemsPort)")],
                    ])
                _ = try await BenchPlatform.made(
                    client, "/v1/plants/\(id)/workflows",
                    [
                        "name": .string(kind.rawValue), "template": .string(DrillWorkflow.slug(kind)),
                        "bindings": ["work-orders": .string(connection)],
                    ])
            }
            plants.append(DrillPlant(id: id, slug: slug, supervisorKey: key))
        }
        return plants.sorted { $0.slug < $1.slug }
    }

    private static let partner = """
        slug: drill
        name: Drill
        principals:
          - { name: Partner administrator, email: admin@drill.example, roles: [partner-admin] }
        partnerPrices:
          name: Platform
          currency: EUR
          validFrom: 2025-01-01
          meters:
            runs: { tiers: [{ unitPrice: '0.004' }] }
            connector-calls: { tiers: [{ unitPrice: '0.0005' }] }
        clientPrices:
          name: Client
          currency: EUR
          validFrom: 2025-01-01
          meters:
            runs: { tiers: [{ unitPrice: '0.03' }] }
            human-decisions: { tiers: [{ unitPrice: '0.10' }] }

        """

    private static let client = """
        slug: drill
        name: Drill
        currency: EUR

        """

    private func plant(_ number: Int) -> String {
        """
        slug: plant-\(number)
        name: Plant \(number)
        timeZone: UTC
        principals:
          - { name: Supervisor \(number), email: supervisor\(number)@drill.example, roles: [supervisor] }
        egress:
          - { host: 127.0.0.1, port: \(systemsPort), allowsPrivate: true }

        """
    }
}
