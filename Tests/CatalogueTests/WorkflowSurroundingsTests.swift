import Catalogue
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import YAML

@Suite("What a workflow needs of the plant round it")
struct WorkflowSurroundingsTests {
    /// A template whose workflow does one thing.
    private func template(_ slug: String, extra: String = "", _ tasks: String) throws -> TemplatePackage {
        let folder = TemporaryFolder(name: slug)
        folder.write(
            "template.yaml",
            "name: \(slug)\nversion: 1.0.0\nsummary: One thing.\ncapabilities: []\nroles: []\nparameters: {type: object, additionalProperties: false}\n"
        )
        folder.write(
            "workflow.yaml",
            "document: {dsl: '1.0.3', namespace: test, name: \(slug), version: 1.0.0}\n\(extra)\ndo:\n\(tasks)\n")
        let (package, problems) = TemplatePackage.read(folder: folder.path)
        return try #require(package, "\(problems)")
    }

    private func clone(_ package: TemplatePackage, _ fixture: CatalogueFixture) async throws {
        _ = try await fixture.templates.publish(package, in: .platform, by: fixture.actor)
        _ = try await fixture.workflows.clone(
            WorkflowDraft(name: package.slug, template: .name(package.slug, nil), parameters: [:], bindings: [:]),
            in: fixture.north.scope, by: fixture.actor)
    }

    @Test("a secret without a connection of its name is refused by name, also when another plant has one")
    func secrets() async throws {
        let tasks = """
              - get:
                  call: http
                  with:
                    method: get
                    endpoint: {uri: "http://erp/", authentication: {bearer: {token: '${ $secrets.erp }'}}}
            """
        let package = try template("secretive", extra: "use: {secrets: [erp]}", tasks)
        try await CatalogueFixture.with { fixture in
            _ = try await fixture.connect("erp", in: fixture.south)
            let problem = try await fixture.problem { try await clone(package, fixture) }
            #expect(problem.items.contains { $0.message.contains("“erp”") }, "\(problem)")
            // One without a credential is no secret either.
            _ = try await fixture.connect("erp", in: fixture.north)
            let again = try await fixture.problem { try await clone(package, fixture) }
            #expect(again.items.contains { $0.message.contains("“erp”") }, "\(again)")
            // Nor is one that goes to the hosts of its connection alone.
            let bound = try await fixture.makeCredential(in: fixture.north.partner)
            let erp = try #require(
                try await fixture.connections.list(in: fixture.north.scope, page: PageRequest()).items.first)
            var draft = ConnectionDraft(
                name: "erp", connector: erp.connector, configuration: erp.configuration, credentialID: bound)
            _ = try await fixture.connections.update(erp.id, to: draft, in: fixture.north.scope, by: fixture.actor)
            let third = try await fixture.problem { try await clone(package, fixture) }
            #expect(third.items.contains { $0.message.contains("“erp”") }, "\(third)")
            draft.credentialID = try await fixture.makeCredential(in: fixture.north.scope, hosts: [])
            _ = try await fixture.connections.update(erp.id, to: draft, in: fixture.north.scope, by: fixture.actor)
            try await clone(package, fixture)
        }
    }

    @Test("a workflow that closes a circle is refused; one that starts another is not")
    func circles() async throws {
        func starting(_ name: String) -> String {
            "  - go: {run: {workflow: {namespace: test, name: \(name), version: latest}}}"
        }
        let first = try template("first", starting("second"))
        let second = try template("second", starting("third"))
        let third = try template("third", starting("first"))
        try await CatalogueFixture.with { fixture in
            try await clone(first, fixture)
            try await clone(second, fixture)
            let problem = try await fixture.problem { try await clone(third, fixture) }
            #expect(
                problem.items.contains { $0.message.contains("test/third → test/first → test/second → test/third") },
                "\(problem)")
        }
    }

    @Test("files of resources/ become part of the stored document; what lies elsewhere, or is missing, is a mistake")
    func resources() throws {
        let folder = TemporaryFolder(name: "with-files")
        folder.write(
            "template.yaml",
            "name: F\nversion: 1.0.0\nsummary: S.\ncapabilities: []\nroles: []\nparameters: {type: object, additionalProperties: false}\n"
        )
        func workflow(_ place: String) -> String {
            """
            document: {dsl: '1.0.3', namespace: test, name: with-files, version: 1.0.0}
            input: {schema: {resource: {endpoint: \(place)}}}
            do:
              - a: {set: {x: 1}}
              - b: {then: nowhere, set: {x: 1}}
            """
        }
        folder.write("resources/order.json", #"{"required": ["id"]}"#)
        folder.write("workflow.yaml", workflow("resources/order.json"))
        let package = try #require(TemplatePackage.read(folder: folder.path).package)
        #expect(package.document["input"]?["schema"] == ["document": ["required": ["id"]]])
        // Places are still those of the text.
        #expect(TemplateLint.check(package).problems.contains { $0.description.contains("workflow.yaml:5:") })

        for place in ["resources/none.json", "../with-files/resources/order.json", "/etc/hostname", "https://a/b"] {
            folder.write("workflow.yaml", workflow(place))
            let (package, problems) = TemplatePackage.read(folder: folder.path)
            let found = problems + (package.map { TemplateLint.check($0).problems } ?? [])
            #expect(found.contains { $0.severity == .error }, "\(place)")
        }
        folder.write("workflow.yaml", workflow("resources/order.json"))
        folder.write("resources/left-over.json", "{}")
        #expect(TemplatePackage.read(folder: folder.path).problems.contains { $0.message.contains("does not refer") })
    }

    @Test("a workflow can be disabled when its plant no longer has what it needs, and not enabled again")
    func disabling() async throws {
        let package = try template("secretive", extra: "use: {secrets: [erp]}", "  - a: {set: {x: 1}}")
        try await CatalogueFixture.with { fixture in
            _ = try await fixture.templates.publish(package, in: .platform, by: fixture.actor)
            var draft = WorkflowDraft(
                name: "secretive", template: .name("secretive", nil), parameters: [:], bindings: [:])
            draft.isEnabled = false
            let workflow = try await fixture.workflows.clone(draft, in: fixture.north.scope, by: fixture.actor)
            _ = try await fixture.workflows.setEnabled(
                false, workflow.id, in: fixture.north.scope, by: fixture.actor)
            let problem = try await fixture.problem {
                _ = try await fixture.workflows.setEnabled(
                    true, workflow.id, in: fixture.north.scope, by: fixture.actor)
            }
            #expect(problem.items.contains { $0.message.contains("“erp”") }, "\(problem)")
        }
    }
}
