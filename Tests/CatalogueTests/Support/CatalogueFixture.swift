import Catalogue
import Database
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing

/// Two plants of one client, a plant of another partner, and a connection that can do all that the sample needs.
struct CatalogueFixture {
    let database: Database
    let tenants: TenantFixture
    let north: TenantFixture.Place
    let south: TenantFixture.Place
    let foreign: TenantFixture.Place
    let templates: TemplateDirectory
    let connections: ConnectionDirectory
    let workflows: WorkflowDirectory
    let catalogue: PlantCatalogue
    let actor = Actor(kind: .user, principalID: PrincipalID(), displayName: "Ada", origin: "test")

    static func with<Value: Sendable>(_ body: (CatalogueFixture) async throws -> Value) async throws -> Value {
        try await PostgresFixture.withDatabase { database in try await body(CatalogueFixture(database)) }
    }

    private init(_ database: Database) async throws {
        self.database = database
        tenants = TenantFixture(database)
        north = try await tenants.makePlant()
        south = try await tenants.makePlant(in: north.partnerID, north.clientID)
        foreign = try await tenants.makePlant()
        templates = TemplateDirectory(database: database)
        connections = ConnectionDirectory(database: database)
        workflows = WorkflowDirectory(database: database)
        catalogue = PlantCatalogue(database: database)
    }

    static let connector: JSONValue = [
        "connector": "stand-in", "version": "1.0.0", "kind": "http", "authentication": ["none", "bearer"],
        "configuration": [
            "type": "object", "required": ["baseAddress"], "properties": ["baseAddress": ["type": "string"]],
        ],
        "operations": [
            "work-orders.create": [
                "request": ["method": "POST", "path": "/work-orders", "body": ".arguments"],
                "response": ["result": "{id: .body.id, number: .body.number, status: .body.status}"],
            ]
        ],
    ]

    /// The operations of a system that can only be read.
    static let readingOperations: JSONValue = [
        "work-orders.get": [
            "request": ["method": "GET", "path": "/work-orders/1"], "response": ["result": ".body"],
        ]
    ]

    func connect(_ name: String = "cmms", in place: TenantFixture.Place) async throws -> PlantConnection {
        try await connections.create(
            ConnectionDraft(
                name: name, connector: Self.connector, configuration: ["baseAddress": "http://127.0.0.1:9"]),
            in: place.scope, by: actor)
    }

    static func sample(
        version: String = "1.0.0", metadata: String = SampleTemplate.metadata, slug: String = "sample"
    ) throws -> TemplatePackage {
        let folder = TemporaryFolder(name: slug)
        folder.write("template.yaml", metadata.replacing("version: 1.0.0", with: "version: \(version)"))
        folder.write(
            "workflow.yaml",
            SampleTemplate.workflow.replacing(
                "name: sample, version: 1.0.0", with: "name: \(slug), version: \(version)"))
        folder.write("tests/opens.yaml", SampleTemplate.test)
        return try #require(TemplatePackage.read(folder: folder.path).package)
    }

    /// A published sample, a connection, and a clone of the sample in the place.
    func clone(
        _ name: String = "Tickets", in place: TenantFixture.Place, parameters: JSONValue = ["site": "North"]
    ) async throws -> PlantWorkflow {
        _ = try await templates.publish(Self.sample(), in: .platform, by: actor)
        let connection = try await connect("cmms \(name)", in: place)
        return try await workflows.clone(
            WorkflowDraft(
                name: name, template: .name("sample", nil), parameters: parameters,
                bindings: ["work-orders": connection.id]),
            in: place.scope, by: actor)
    }

    /// Actions of the audit in a scope, oldest first.
    func audit(in scope: TenantScope, of type: String) async throws -> [RecordedAuditEntry] {
        try await tenants.audit.entries(in: scope, matching: .init(objectType: type), page: PageRequest())
            .items.reversed()
    }

    /// The problem that the body ends with; fails the test when it ends well.
    func problem(_ body: () async throws -> Void) async throws -> Problem {
        do {
            try await body()
        } catch let problem as Problem {
            return problem
        }
        Issue.record("nothing was refused")
        return Problem(.internalError, "nothing was refused")
    }
}
