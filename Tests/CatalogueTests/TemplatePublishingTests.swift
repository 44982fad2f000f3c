import Catalogue
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing

@Suite("Publishing templates", .timeLimit(.minutes(10)))
struct TemplatePublishingTests {
    @Test("a template with mistakes is refused with all of them, and nothing is stored")
    func mistakes() async throws {
        try await CatalogueFixture.with { fixture in
            let broken = try CatalogueFixture.sample(
                metadata: SampleTemplate.metadata.replacing("default: 3", with: "default: 9")
                    .replacing("capabilities: [work-orders]", with: "capabilities: []"))
            let problem = try await fixture.problem {
                _ = try await fixture.templates.publish(broken, in: .platform, by: fixture.actor)
            }
            #expect(problem.code == .invalidDefinition)
            #expect(problem.items.count == 2)
            #expect(try await fixture.templates.latest(in: .platform).isEmpty)
        }
    }

    @Test("the same number with other content is refused; the same content again changes nothing")
    func immutable() async throws {
        try await CatalogueFixture.with { fixture in
            let package = try CatalogueFixture.sample()
            let first = try await fixture.templates.publish(package, in: .platform, by: fixture.actor)
            let second = try await fixture.templates.publish(package, in: .platform, by: fixture.actor)
            #expect(first.isNew && !second.isNew)
            #expect(first.version.id == second.version.id)
            let changed = try CatalogueFixture.sample(
                metadata: SampleTemplate.metadata.replacing("default: 3", with: "default: 4"))
            let problem = try await fixture.problem {
                _ = try await fixture.templates.publish(changed, in: .platform, by: fixture.actor)
            }
            #expect(problem.code == .conflict)
            #expect(
                try await fixture.audit(in: .platform, of: "template-version").map(\.entry.action) == [
                    "template.published"
                ])
        }
    }

    @Test("what is stored is what was published, to the digest")
    func roundTrip() async throws {
        try await CatalogueFixture.with { fixture in
            let package = try CatalogueFixture.sample()
            let published = try await fixture.templates.publish(package, in: .platform, by: fixture.actor)
            let read = try await fixture.templates.template(published.version.id, in: fixture.north.scope)
            #expect(read.package.digest == package.digest)
            #expect(read.version.digest == package.digest)
            #expect(read.version.publishedBy == "Ada")
        }
    }

    @Test("a template of the platform is offered to every partner; a partner's own one only to its plants")
    func visibility() async throws {
        try await CatalogueFixture.with { fixture in
            _ = try await fixture.templates.publish(CatalogueFixture.sample(), in: .platform, by: fixture.actor)
            let own = try await fixture.templates.publish(
                CatalogueFixture.sample(slug: "own"), in: fixture.north.partner, by: fixture.actor)
            #expect(try await fixture.templates.latest(in: fixture.north.scope).map(\.slug) == ["own", "sample"])
            #expect(try await fixture.templates.latest(in: fixture.foreign.scope).map(\.slug) == ["sample"])
            let problem = try await fixture.problem {
                _ = try await fixture.templates.template(own.version.id, in: fixture.foreign.scope)
            }
            #expect(problem == .notFound("template version"))
        }
    }

    @Test("a partner cannot take a name of the platform, nor a plant publish anything")
    func names() async throws {
        try await CatalogueFixture.with { fixture in
            _ = try await fixture.templates.publish(CatalogueFixture.sample(), in: .platform, by: fixture.actor)
            let taken = try await fixture.problem {
                _ = try await fixture.templates.publish(
                    CatalogueFixture.sample(version: "2.0.0"), in: fixture.north.partner, by: fixture.actor)
            }
            #expect(taken.code == .alreadyExists)
            let plant = try await fixture.problem {
                _ = try await fixture.templates.publish(
                    CatalogueFixture.sample(), in: fixture.north.scope, by: fixture.actor)
            }
            #expect(plant.code == .forbidden)
        }
    }

    @Test("a partner's own template hides a later one of the platform with the same name")
    func hiding() async throws {
        try await CatalogueFixture.with { fixture in
            let own = try await fixture.templates.publish(
                CatalogueFixture.sample(), in: fixture.north.partner, by: fixture.actor)
            _ = try await fixture.templates.publish(
                CatalogueFixture.sample(version: "3.0.0"), in: .platform, by: fixture.actor)
            #expect(try await fixture.templates.latest(in: fixture.north.scope).map(\.id) == [own.version.id])
            let again = try await fixture.templates.publish(
                CatalogueFixture.sample(version: "1.1.0"), in: fixture.north.partner, by: fixture.actor)
            #expect(again.isNew)
        }
    }

    @Test("the newest version is the highest number, and the pages list every version once")
    func versions() async throws {
        try await CatalogueFixture.with { fixture in
            for version in ["1.10.0", "1.9.0", "1.2.0"] {
                _ = try await fixture.templates.publish(
                    CatalogueFixture.sample(version: version), in: .platform, by: fixture.actor)
            }
            #expect(
                try await fixture.templates.latest(in: fixture.north.scope).map(\.version.description) == ["1.10.0"])
            let newest = try await fixture.templates.template("sample", in: fixture.north.scope)
            #expect(newest.version.version.description == "1.10.0")
            var found: [String] = []
            var cursor: String?
            repeat {
                let page = try await fixture.templates.versions(
                    of: "sample", in: fixture.north.scope, page: PageRequest(limit: 2, cursor: cursor))
                found += page.items.map(\.version.description)
                cursor = page.next
            } while cursor != nil
            #expect(found == ["1.10.0", "1.9.0", "1.2.0"])
        }
    }

    @Test("published by many at once, a version exists once")
    func concurrent() async throws {
        try await CatalogueFixture.with { fixture in
            let package = try CatalogueFixture.sample()
            let templates = fixture.templates
            let actor = fixture.actor
            let publications = try await withThrowingTaskGroup(of: TemplateDirectory.Publication.self) { group in
                for _ in 0..<8 { group.addTask { try await templates.publish(package, in: .platform, by: actor) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(publications.count { $0.isNew } == 1)
            #expect(Set(publications.map(\.version.id)).count == 1)
        }
    }

    @Test("two plants of a partner that clone a template of the platform at once share the partner's one row of it")
    func concurrentAdoption() async throws {
        try await CatalogueFixture.with { fixture in
            let published = try await fixture.templates.publish(
                CatalogueFixture.sample(), in: .platform, by: fixture.actor)
            let places = [fixture.north, fixture.south]
            let connections = [try await fixture.connect(in: places[0]), try await fixture.connect(in: places[1])]
            let workflows = fixture.workflows
            let actor = fixture.actor
            let clones = try await withThrowingTaskGroup(of: PlantWorkflow.self) { group in
                for (place, connection) in zip(places, connections) {
                    group.addTask {
                        try await workflows.clone(
                            WorkflowDraft(
                                name: "a", template: .id(published.version.id), parameters: ["site": "N"],
                                bindings: ["work-orders": connection.id]),
                            in: place.scope, by: actor)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(clones.map(\.templateVersionID)) == [published.version.id])
            #expect(try await fixture.templates.latest(in: fixture.north.partner).map(\.id) == [published.version.id])
            #expect(try await fixture.templates.latest(in: fixture.foreign.partner).map(\.id) == [published.version.id])
        }
    }
}
