import Catalogue
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing

@Suite("workflows with processes, and plants that do not allow them", .timeLimit(.minutes(10)))
struct ProcessUseTests {
    /// The sample with a script and, deeper, a shell command. Neither is reached in its tests.
    private static func template(version: String) throws -> TemplatePackage {
        let workflow =
            SampleTemplate.workflow + "\n"
                + """
                  - check:
                      if: ${ false }
                      run: { script: { language: javascript, code: 'console.log(1)' } }
                  - deeper:
                      if: ${ false }
                      do:
                        - command:
                            run: { shell: { command: 'echo x' } }
                  - data:
                      if: ${ false }
                      set: { run: { script: { language: python } } }
                """
        let (package, problems) = SampleTemplate.read(
            metadata: SampleTemplate.metadata.replacing("1.0.0", with: version),
            workflow: workflow.replacing("version: 1.0.0", with: "version: \(version)"))
        return try #require(package, "\(problems)")
    }

    @Test("cloning and upgrading are refused with the driver, its task and the way to allow it")
    func refused() async throws {
        try await CatalogueFixture.with { fixture in
            let workflow = try await fixture.clone(in: fixture.north)
            let published = try await fixture.templates.publish(
                try Self.template(version: "2.0.0"), in: .platform, by: fixture.actor)
            let upgrade = try await fixture.problem {
                _ = try await fixture.workflows.upgrade(
                    workflow.id, to: .id(published.version.id), in: fixture.north.scope, by: fixture.actor)
            }
            #expect(upgrade.code == .invalidParameters)
            #expect(upgrade.items.map(\.path) == ["/template", "/template"])
            let messages = upgrade.items.map(\.message)
            #expect(
                messages[0].hasPrefix(
                    "The task at /do/2/check uses the driver “script” in the language js; the plant's"))
            #expect(messages[0].contains("allows nothing. Add js to its `allow`."))
            #expect(messages[1].hasPrefix("The task at /do/3/deeper/do/0/command uses the driver “shell”"))

            try await fixture.tenants.processPolicies.set(
                ProcessPolicy(languages: [.js]), for: fixture.north.scope, by: .system)
            let half = try await fixture.problem {
                _ = try await fixture.workflows.upgrade(
                    workflow.id, to: .id(published.version.id), in: fixture.north.scope, by: fixture.actor)
            }
            #expect(half.items.count == 1 && half.items[0].message.contains("allows js. Add shell"))
            try await fixture.tenants.processPolicies.set(
                ProcessPolicy(languages: Set(ProcessLanguage.allCases)), for: fixture.north.scope, by: .system)
            let upgraded = try await fixture.workflows.upgrade(
                workflow.id, to: .id(published.version.id), in: fixture.north.scope, by: fixture.actor)
            #expect(upgraded.templateVersionID == published.version.id)
            // The neighbour's policy is its own.
            let connection = try await fixture.connect(in: fixture.south)
            let neighbour = try await fixture.problem {
                _ = try await fixture.workflows.clone(
                    WorkflowDraft(
                        name: "a", template: .name("sample", nil), parameters: ["site": "S"],
                        bindings: ["work-orders": connection.id]),
                    in: fixture.south.scope, by: fixture.actor)
            }
            #expect(neighbour.items.contains { $0.message.contains("“shell”") })
        }
    }

    @Test("tenant files are checked the same way, before there is a plant")
    func objections() throws {
        let package = try Self.template(version: "1.0.0")
        func drivers(_ policy: ProcessPolicy) -> Int {
            WorkflowDirectory.objections(
                to: package, name: "a", parameters: ["site": "N"],
                connectors: ["work-orders": CatalogueFixture.connector], processes: policy
            ).filter { $0.message.contains("driver") }.count
        }
        #expect(drivers(.nothing) == 2)
        #expect(drivers(ProcessPolicy(languages: [.shell])) == 1)
        #expect(drivers(ProcessPolicy(languages: Set(ProcessLanguage.allCases))) == 0)
    }
}
