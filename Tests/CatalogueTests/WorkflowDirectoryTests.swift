import Catalogue
import Database
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("Workflows of a plant", .timeLimit(.minutes(10)))
struct WorkflowDirectoryTests {
    @Test("every mistake in name, parameters and bindings is named at once, and nothing is stored")
    func mistakes() async throws {
        try await CatalogueFixture.with { fixture in
            _ = try await fixture.templates.publish(CatalogueFixture.sample(), in: .platform, by: fixture.actor)
            let problem = try await fixture.problem {
                _ = try await fixture.workflows.clone(
                    WorkflowDraft(
                        name: "", template: .name("sample", nil),
                        parameters: ["priority": 9, "sites": "North", "approver": "boss"],
                        bindings: ["lots": ConnectionID()]),
                    in: fixture.north.scope, by: fixture.actor)
            }
            #expect(problem.code == .invalidParameters)
            let paths = problem.items.map(\.path)
            #expect(paths.contains("/name"))
            #expect(paths.contains("/parameters/priority"))
            #expect(paths.contains("/parameters/approver"))
            #expect(paths.contains("/bindings/work-orders"))
            #expect(paths.contains("/bindings/lots"))
            #expect(problem.items.contains { $0.path.hasPrefix("/parameters") && $0.message.contains("site") })
            #expect(try await fixture.workflows.list(in: fixture.north.scope, page: PageRequest()).items.isEmpty)
            #expect(try await fixture.audit(in: fixture.north.scope, of: "workflow").isEmpty)
        }
    }

    @Test("a connection of a sibling plant is refused as one that does not exist; one that cannot do the work, by name")
    func bindings() async throws {
        try await CatalogueFixture.with { fixture in
            _ = try await fixture.templates.publish(CatalogueFixture.sample(), in: .platform, by: fixture.actor)
            let sibling = try await fixture.connect(in: fixture.south)
            var connector = CatalogueFixture.connector
            connector.set("connector", "reader")
            connector.set("operations", CatalogueFixture.readingOperations)
            let reader = try await fixture.connections.create(
                ConnectionDraft(
                    name: "reader", connector: connector, configuration: ["baseAddress": "http://127.0.0.1:9"]),
                in: fixture.north.scope, by: fixture.actor)
            var messages: [ConnectionID: String] = [:]
            for id in [sibling.id, ConnectionID(), reader.id] {
                let problem = try await fixture.problem {
                    _ = try await fixture.workflows.clone(
                        WorkflowDraft(
                            name: "a", template: .name("sample", nil), parameters: ["site": "N"],
                            bindings: ["work-orders": id]),
                        in: fixture.north.scope, by: fixture.actor)
                }
                #expect(problem.items.map(\.path) == ["/bindings/work-orders"])
                messages[id] = problem.items.first?.message
            }
            #expect(messages[reader.id] == "The connector “reader” does not offer work-orders.create.")
            messages[reader.id] = nil
            #expect(Set(messages.values) == ["The plant has no such connection."])
        }
    }

    @Test("a template of another partner cannot be cloned, and a workflow of another plant cannot be seen or changed")
    func foreign() async throws {
        try await CatalogueFixture.with { fixture in
            let own = try await fixture.templates.publish(
                CatalogueFixture.sample(), in: fixture.north.partner, by: fixture.actor)
            let template = try await fixture.problem {
                _ = try await fixture.workflows.clone(
                    WorkflowDraft(name: "a", template: .id(own.version.id)), in: fixture.foreign.scope,
                    by: fixture.actor)
            }
            #expect(template == .notFound("template version"))
            let connection = try await fixture.connect(in: fixture.north)
            let workflow = try await fixture.workflows.clone(
                WorkflowDraft(
                    name: "a", template: .id(own.version.id), parameters: ["site": "N"],
                    bindings: ["work-orders": connection.id]),
                in: fixture.north.scope, by: fixture.actor)
            for scope in [fixture.south.scope, fixture.foreign.scope] {
                let read = try await fixture.problem {
                    _ = try await fixture.workflows.workflow(workflow.id, in: scope)
                }
                let change = try await fixture.problem {
                    _ = try await fixture.workflows.setEnabled(false, workflow.id, in: scope, by: fixture.actor)
                }
                #expect(read == .notFound("workflow"))
                #expect(change == .notFound("workflow"))
                #expect(try await fixture.catalogue.revisions([workflow.digest], in: scope).isEmpty)
            }
        }
    }

    @Test("a taken name is refused, in this plant only")
    func takenName() async throws {
        try await CatalogueFixture.with { fixture in
            let first = try await fixture.clone(in: fixture.north)
            let taken = try await fixture.problem {
                _ = try await fixture.workflows.clone(
                    WorkflowDraft(
                        name: "Tickets", template: .name("sample", nil), parameters: ["site": "N"],
                        bindings: first.bindings),
                    in: fixture.north.scope, by: fixture.actor)
            }
            #expect(taken.code == .alreadyExists)
            _ = try await fixture.clone(in: fixture.south)
        }
    }

    @Test("a clone has its revision with the defaults, its triggers and its contracts")
    func clone() async throws {
        try await CatalogueFixture.with { fixture in
            let workflow = try await fixture.clone(in: fixture.north)
            #expect(workflow.parameters == ["site": "North"])
            #expect(workflow.isEnabled && workflow.version == 1)
            let revision = try #require(
                try await fixture.catalogue.revisions([workflow.digest, "unknown"], in: fixture.north.scope).first)
            #expect(revision.parameters == ["site": "North", "priority": 3, "approver": "supervisor"])
            #expect(revision.bindings == workflow.bindings)
            #expect(revision.document["document"]?["name"] == "sample")
            #expect(revision.facts["plant"]?["name"] == "Plant")
            #expect(revision.facts["name"] == "Tickets")
            let listings = try await fixture.catalogue.workflows(in: fixture.north.scope)
            #expect(listings.revision == 1)
            let listing = try #require(listings.workflows.first)
            #expect(listing.digest == workflow.digest)
            #expect(listing.triggers.map(\.eventType) == ["com.example.reported"])
            #expect(listing.contracts["com.example.reported"]?["required"] == ["text"])
            #expect(
                listing.namespace == "test" && listing.documentName == "sample" && listing.documentVersion == "1.0.0")
            #expect(try await fixture.catalogue.workflows(in: fixture.south.scope).workflows.isEmpty)
        }
    }

    @Test("two clones with the same values are two revisions: a run knows whose it is")
    func digests() async throws {
        try await CatalogueFixture.with { fixture in
            let first = try await fixture.clone("A", in: fixture.north)
            let second = try await fixture.clone("B", in: fixture.north)
            #expect(first.digest != second.digest)
        }
    }

    @Test("new values make a new revision and keep the old one; the old values bring the old revision back")
    func revisions() async throws {
        try await CatalogueFixture.with { fixture in
            let scope = fixture.north.scope
            let first = try await fixture.clone(in: fixture.north)
            let second = try await fixture.workflows.change(
                first.id, WorkflowChange(parameters: ["site": "North", "priority": 1]), in: scope, expecting: 1,
                reason: "too slow", by: fixture.actor)
            #expect(second.digest != first.digest)
            #expect(second.version == 2)
            let both = try await fixture.catalogue.revisions([first.digest, second.digest], in: scope)
            #expect(Set(both.map { $0.parameters["priority"] }) == [3, 1])
            let third = try await fixture.workflows.change(
                first.id, WorkflowChange(parameters: ["site": "North"]), in: scope, by: fixture.actor)
            #expect(third.digest == first.digest)
            #expect(try await fixture.catalogue.workflows(in: scope).revision == 3)
            let stale = try await fixture.problem {
                _ = try await fixture.workflows.setEnabled(
                    false, first.id, in: scope, expecting: 1, by: fixture.actor)
            }
            #expect(stale.code == .preconditionFailed)
        }
    }

    @Test("an upgrade is checked against the new version, brings its defaults, and is refused with every misfit")
    func upgrade() async throws {
        try await CatalogueFixture.with { fixture in
            let scope = fixture.north.scope
            let workflow = try await fixture.clone(in: fixture.north)
            let next = try CatalogueFixture.sample(
                version: "1.1.0", metadata: SampleTemplate.metadata.replacing("default: 3", with: "default: 2"))
            _ = try await fixture.templates.publish(next, in: .platform, by: fixture.actor)
            let upgraded = try await fixture.workflows.upgrade(
                workflow.id, to: .name("sample", nil), in: scope, by: fixture.actor)
            #expect(upgraded.templateVersion == "1.1.0")
            let revision = try await fixture.catalogue.revisions([upgraded.digest], in: scope).first
            #expect(revision?.parameters["priority"] == 2)
            let stricter = try CatalogueFixture.sample(
                version: "2.0.0",
                metadata: SampleTemplate.metadata.replacing("minLength: 1", with: "minLength: 20"))
            _ = try await fixture.templates.publish(stricter, in: .platform, by: fixture.actor)
            let refused = try await fixture.problem {
                _ = try await fixture.workflows.upgrade(
                    workflow.id, to: .name("sample", nil), in: scope, by: fixture.actor)
            }
            #expect(refused.items.map(\.path) == ["/parameters/site"])
            #expect(try await fixture.workflows.workflow(workflow.id, in: scope) == upgraded)
            _ = try await fixture.templates.publish(
                CatalogueFixture.sample(slug: "other"), in: .platform, by: fixture.actor)
            let other = try await fixture.problem {
                _ = try await fixture.workflows.upgrade(
                    workflow.id, to: .name("other", nil), in: scope, by: fixture.actor)
            }
            #expect(other.code == .conflict)
        }
    }

    @Test("each change is audited with old and new, and says so on the channel")
    func audit() async throws {
        try await CatalogueFixture.with { fixture in
            let scope = fixture.north.scope
            let hearing = try await fixture.listen(to: WorkflowDirectory.channel)
            let workflow = try await fixture.clone(in: fixture.north)
            _ = try await fixture.workflows.setEnabled(
                false, workflow.id, in: scope, reason: "line is down", by: fixture.actor)
            _ = try await fixture.workflows.setEnabled(true, workflow.id, in: scope, by: fixture.actor)
            _ = try await fixture.workflows.change(
                workflow.id, WorkflowChange(parameters: ["site": "South"]), in: scope, by: fixture.actor)
            let entries = try await fixture.audit(in: scope, of: "workflow")
            #expect(
                entries.map(\.entry.action) == [
                    "workflow.cloned", "workflow.disabled", "workflow.enabled", "workflow.changed",
                ])
            #expect(entries[1].entry.reason == "line is down")
            #expect(entries[1].entry.old?["enabled"] == true)
            #expect(entries[1].entry.new?["enabled"] == false)
            #expect(entries[3].entry.old?["parameters"] == ["site": "North"])
            #expect(entries[3].entry.new?["parameters"] == ["site": "South"])
            #expect(entries.allSatisfy { $0.entry.actor.displayName == "Ada" })
            await hearing.hears(fixture.north.plantID.description)
        }
    }

    @Test("a workflow is found by its name, in its plant only")
    func byName() async throws {
        try await CatalogueFixture.with { fixture in
            let workflow = try await fixture.clone(in: fixture.north)
            #expect(try await fixture.workflows.workflow(named: "Tickets", in: fixture.north.scope) == workflow)
            #expect(try await fixture.workflows.workflow(named: "Tickets", in: fixture.south.scope) == nil)
        }
    }

    @Test("what is stored of a version and of a revision can never be changed by the application")
    func immutableRows() async throws {
        try await CatalogueFixture.with { fixture in
            _ = try await fixture.clone(in: fixture.north)
            let attempts: [Statement] = [
                "UPDATE millwright.workflow_revision SET parameters = '{}'",
                "DELETE FROM millwright.workflow_revision",
                "UPDATE millwright.template_version SET summary = 'x'",
                "DELETE FROM millwright.template_version",
                "UPDATE millwright.platform_template_version SET summary = 'x'",
                "INSERT INTO millwright.platform_template_version SELECT * FROM millwright.platform_template_version",
                "DELETE FROM millwright.workflow",
            ]
            for attempt in attempts {
                let error = await #expect(throws: DatabaseError.self, "\(attempt.sql)") {
                    try await fixture.database.transaction(fixture.north.scope) { try await $0.execute(attempt) }
                }
                #expect(error?.sqlState == SQLState.insufficientPrivilege)
            }
        }
    }

    @Test("a trigger is stored as the part that matches events reads it")
    func triggerFilters() throws {
        let filters = [
            EventFilter(attributes: ["type": "t"]),
            EventFilter(attributes: ["type": "t", "source": "s"], condition: ".data.n > 1"),
            EventFilter(attributes: ["type": "t"], condition: ".data.lot == $lot", variables: ["lot": .null]),
        ]
        for filter in filters {
            let stored = WorkflowTrigger(eventType: "t", filter: filter).filterJSON
            #expect(try EventFilter(json: stored) == filter)
            #expect(try WorkflowTrigger(eventType: "t", filterJSON: stored).filter == filter)
        }
        // Nobody may quietly start more runs than the author asked for because a part of the filter was not understood.
        for broken: JSONValue in [[:], ["attributes": ["type": 7]], .null, ["attributes": []]] {
            #expect(throws: MalformedJSON.self) { try WorkflowTrigger(eventType: "t", filterJSON: broken) }
        }
    }
}
