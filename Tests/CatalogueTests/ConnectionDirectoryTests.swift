import Catalogue
import Database
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing

@Suite("Connections", .timeLimit(.minutes(10)))
struct ConnectionDirectoryTests {
    @Test("every mistake in name, connector, configuration and credential is named at once, and nothing is stored")
    func mistakes() async throws {
        try await CatalogueFixture.with { fixture in
            var connector = CatalogueFixture.connector
            connector.set("kind", "pigeon")
            connector.set("colour", "blue")
            let broken = try await fixture.problem {
                _ = try await fixture.connections.create(
                    ConnectionDraft(name: " ", connector: connector, configuration: [:]), in: fixture.north.scope,
                    by: fixture.actor)
            }
            #expect(broken.code == .invalidParameters)
            #expect(Set(broken.items.map(\.path)).isSuperset(of: ["/name", "/connector/kind", "/connector/colour"]))
            let configuration = try await fixture.problem {
                _ = try await fixture.connections.create(
                    ConnectionDraft(
                        name: "a", connector: CatalogueFixture.connector, configuration: ["baseAddress": 5]),
                    in: fixture.north.scope, by: fixture.actor)
            }
            #expect(configuration.items.allSatisfy { $0.path.hasPrefix("/configuration") })
            #expect(!configuration.items.isEmpty)
            #expect(try await fixture.connections.list(in: fixture.north.scope, page: PageRequest()).items.isEmpty)
            #expect(try await fixture.audit(in: fixture.north.scope, of: "connection").isEmpty)
        }
    }

    @Test("a credential of another partner, of a sibling plant and one that does not exist are refused alike")
    func credentials() async throws {
        try await CatalogueFixture.with { fixture in
            func draft(_ credential: CredentialID) -> ConnectionDraft {
                ConnectionDraft(
                    name: "cmms", connector: CatalogueFixture.connector,
                    configuration: ["baseAddress": "http://127.0.0.1:9"], credentialID: credential)
            }
            let own = try await fixture.makeCredential(in: fixture.north.scope)
            let partners = try await fixture.makeCredential(in: fixture.north.partner)
            let refused = [
                try await fixture.makeCredential(in: fixture.foreign.scope),
                try await fixture.makeCredential(in: fixture.south.scope), CredentialID(),
            ]
            var answers: Set<Problem> = []
            for credential in refused {
                answers.insert(
                    try await fixture.problem {
                        _ = try await fixture.connections.create(
                            draft(credential), in: fixture.north.scope, by: fixture.actor)
                    })
            }
            #expect(answers.count == 1)
            #expect(answers.first?.items == [.init(path: "/credential", message: "There is no such credential.")])
            let created = try await fixture.connections.create(draft(own), in: fixture.north.scope, by: fixture.actor)
            let changed = try await fixture.connections.update(
                created.id, to: draft(partners), in: fixture.north.scope, by: fixture.actor)
            #expect(changed.credentialID == partners)
        }
    }

    @Test("a connection of another plant answers as one that does not exist")
    func foreign() async throws {
        try await CatalogueFixture.with { fixture in
            let connection = try await fixture.connect(in: fixture.north)
            for id in [connection.id, ConnectionID()] {
                let scope = fixture.south.scope
                let read = try await fixture.problem { _ = try await fixture.connections.connection(id, in: scope) }
                let deleted = try await fixture.problem {
                    try await fixture.connections.delete(id, in: scope, by: fixture.actor)
                }
                #expect(read == .notFound("connection"))
                #expect(deleted == .notFound("connection"))
            }
        }
    }

    @Test("a taken name and a change of what somebody else changed are refused")
    func conflicts() async throws {
        try await CatalogueFixture.with { fixture in
            let connection = try await fixture.connect(in: fixture.north)
            let taken = try await fixture.problem { _ = try await fixture.connect(in: fixture.north) }
            #expect(taken.code == .alreadyExists)
            let draft = ConnectionDraft(
                name: "new", connector: connection.connector, configuration: connection.configuration)
            _ = try await fixture.connections.update(
                connection.id, to: draft, in: fixture.north.scope, expecting: 1, by: fixture.actor)
            let stale = try await fixture.problem {
                _ = try await fixture.connections.update(
                    connection.id, to: draft, in: fixture.north.scope, expecting: 1, by: fixture.actor)
            }
            #expect(stale.code == .preconditionFailed)
        }
    }

    @Test("a connection in use cannot be deleted, nor lose what is called through it")
    func inUse() async throws {
        try await CatalogueFixture.with { fixture in
            let workflow = try await fixture.clone(in: fixture.north)
            let id = try #require(workflow.bindings["work-orders"])
            let deletion = try await fixture.problem {
                try await fixture.connections.delete(id, in: fixture.north.scope, by: fixture.actor)
            }
            #expect(deletion.code == .wrongState)
            #expect(deletion.items.map(\.message) == ["Tickets"])
            var connector = CatalogueFixture.connector
            connector.set("operations", CatalogueFixture.readingOperations)
            let change = try await fixture.problem {
                _ = try await fixture.connections.update(
                    id,
                    to: ConnectionDraft(
                        name: "cmms", connector: connector, configuration: ["baseAddress": "http://127.0.0.1:9"]),
                    in: fixture.north.scope, by: fixture.actor)
            }
            #expect(change.code == .wrongState)
            #expect(
                change.items.map(\.message) == [
                    "The workflow “Tickets” calls work-orders.create, which this connector lacks."
                ])
        }
    }

    @Test("each change counts up the plant's settings, is audited, and says so on the channel")
    func settings() async throws {
        try await CatalogueFixture.with { fixture in
            let hearing = try await fixture.listen(to: ConnectionDirectory.channel)
            #expect(try await fixture.catalogue.settings(in: fixture.north.scope).revision == 0)
            let connection = try await fixture.connect(in: fixture.north)
            #expect(try await fixture.catalogue.settings(in: fixture.north.scope).connections == [connection])
            try await fixture.connections.delete(connection.id, in: fixture.north.scope, by: fixture.actor)
            let last = try await fixture.catalogue.settings(in: fixture.north.scope)
            #expect(last.revision == 2)
            #expect(last.connections.isEmpty)
            #expect(try await fixture.catalogue.settingsRevision(in: fixture.south.scope) == 0)
            let actions = try await fixture.audit(in: fixture.north.scope, of: "connection").map(\.entry.action)
            #expect(actions == ["connection.created", "connection.deleted"])
            await hearing.hears(fixture.north.plantID.description)
        }
    }

    @Test(
        "a credential that is kept above the plant goes to the hosts that it names, and to no other",
        arguments: [
            (["erp.example"], "https://evil.example", nil), ([], "https://erp.example", nil),
            (["erp.example:443"], "https://erp.example:8443", nil), (["*.example"], "https://erp.example", nil),
            (["*.erp.example"], "https://erp.example", nil), (["*.erp.example"], "https://evilerp.example", nil),
            (["erp.example"], "https://erp.example.evil.org", nil),
            (["erp.example"], "https://erp.example", "https://evil.example/token"),
        ] as [([String], String, String?)])
    func foreignHosts(_ hosts: [String], _ base: String, _ token: String?) async throws {
        try await CatalogueFixture.with { fixture in
            var connector = CatalogueFixture.connector
            if let token {
                connector.set("authentication", ["oauth2-client-credentials"])
                connector.set("oauth2", ["tokenAddress": .string(token)])
            }
            var draft = ConnectionDraft(
                name: "erp", connector: connector, configuration: ["baseAddress": .string(base)], credentialID: nil)
            for scope in [fixture.north.partner, fixture.north.client] {
                draft.credentialID = try await fixture.makeCredential(in: scope, hosts: hosts)
                let problem = try await fixture.problem {
                    _ = try await fixture.connections.create(draft, in: fixture.north.scope, by: fixture.actor)
                }
                #expect(problem.items.map(\.path) == ["/credential"], "\(problem)")
                #expect(problem.items.first?.message.contains("Ask who keeps") == true, "\(problem)")
            }
            // The plant's own credential names no hosts, and goes where the plant says.
            draft.credentialID = try await fixture.makeCredential(in: fixture.north.scope, hosts: [])
            let made = try await fixture.connections.create(draft, in: fixture.north.scope, by: fixture.actor)
            draft.credentialID = try await fixture.makeCredential(in: fixture.north.partner, hosts: ["other.example"])
            _ = try await fixture.problem {
                _ = try await fixture.connections.update(
                    made.id, to: draft, in: fixture.north.scope, by: fixture.actor)
            }
        }
    }

    @Test("a changed credential counts up the settings of the plants that use it, and of no other")
    func rotation() async throws {
        try await CatalogueFixture.with { fixture in
            let credential = try await fixture.makeCredential(in: fixture.north.partner)
            _ = try await fixture.connections.create(
                ConnectionDraft(
                    name: "cmms", connector: CatalogueFixture.connector,
                    configuration: ["baseAddress": "http://127.0.0.1:9"], credentialID: credential),
                in: fixture.north.scope, by: fixture.actor)
            _ = try await fixture.connect(in: fixture.south)
            try await fixture.database.transaction(fixture.north.partner) { transaction in
                try await ConnectionDirectory.credentialChanged(credential, in: transaction)
            }
            #expect(try await fixture.catalogue.settingsRevision(in: fixture.north.scope) == 2)
            #expect(try await fixture.catalogue.settingsRevision(in: fixture.south.scope) == 1)
        }
    }
}

extension CatalogueFixture {
    /// A credential's row; its value does not matter here.
    func makeCredential(in scope: TenantScope, hosts: [String] = ["127.0.0.1:9"]) async throws -> CredentialID {
        let id = CredentialID()
        try await database.transaction(scope) { transaction in
            _ = try await transaction.execute(
                """
                INSERT INTO millwright.credential (
                  partner_id, client_id, plant_id, credential_id, name, kind, hosts, current_version)
                VALUES (
                  \(scope.partnerID), \(scope.clientID), \(scope.plantID), \(id), \(id.description), 'bearer',
                  \(hosts), 1)
                """)
        }
        return id
    }
}
