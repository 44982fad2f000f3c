import Catalogue
import Database
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("What time starts is stored with the workflow", .timeLimit(.minutes(10)))
struct WorkflowScheduleTests {
    private static func template(_ version: String, schedule: String, policy: String? = nil, on: String? = nil)
        throws -> TemplatePackage
    {
        let folder = TemporaryFolder(name: "clocked")
        folder.write("template.yaml", SampleTemplate.metadata.replacing("version: 1.0.0", with: "version: \(version)"))
        let metadata = policy.map { ", metadata: { schedule: \($0) }" } ?? ""
        folder.write(
            "workflow.yaml",
            SampleTemplate.workflow
                .replacing("name: sample, version: 1.0.0", with: "name: clocked, version: \(version)\(metadata)")
                .replacing("schedule:\n", with: "schedule:\n\(schedule)")
                .replacing(
                    "one:\n      with: { type: com.example.reported }",
                    with: on ?? "one:\n      with: { type: com.example.reported }"))
        folder.write("tests/opens.yaml", SampleTemplate.test)
        return try #require(TemplatePackage.read(folder: folder.path).package)
    }

    private func publish(_ fixture: CatalogueFixture, _ template: TemplatePackage) async throws {
        _ = try await fixture.templates.publish(template, in: .platform, by: fixture.actor)
    }

    private func clone(_ fixture: CatalogueFixture, _ name: String = "Clocked", isEnabled: Bool = true) async throws
        -> PlantWorkflow
    {
        let connection = try await fixture.connect("cmms \(name)", in: fixture.north)
        return try await fixture.workflows.clone(
            WorkflowDraft(
                name: name, template: .name("clocked", nil), parameters: ["site": "North"],
                bindings: ["work-orders": connection.id], isEnabled: isEnabled),
            in: fixture.north.scope, by: fixture.actor)
    }

    /// `kind status expression` of each schedule.
    private func schedules(_ fixture: CatalogueFixture, _ id: WorkflowID) async throws -> [String] {
        let rows = try await fixture.database.readPipeline(
            fixture.north.scope,
            [
                """
                SELECT kind || ' ' || status AS standing, rule FROM millwright.workflow_schedule
                WHERE workflow_id = \(id) ORDER BY kind
                """
            ])[0]
        return try rows.map { row in
            let rule = try TimedRule(json: try row.decode("rule"))
            return "\(try row.decode("standing", as: String.self)) \(rule.text)"
        }
    }

    private func setPlanned(_ fixture: CatalogueFixture) async throws {
        _ = try await fixture.database.pipeline(
            fixture.north.scope,
            ["UPDATE millwright.workflow_schedule SET status = 'planned' WHERE status = 'new'"])
    }

    @Test("a clone's schedules are to be planned, a disabled clone's are off")
    func cloned() async throws {
        try await CatalogueFixture.with { fixture in
            try await publish(fixture, Self.template("1.0.0", schedule: "  cron: 0 6 * * *\n  after: PT1H\n"))
            let enabled = try await clone(fixture)
            #expect(
                try await schedules(fixture, enabled.id) == ["after new 3600 s after the end", "cron new 0 6 * * *"])
            let disabled = try await clone(fixture, "Later", isEnabled: false)
            #expect(
                try await schedules(fixture, disabled.id) == ["after off 3600 s after the end", "cron off 0 6 * * *"])
        }
    }

    @Test("what is as it was goes on; what is changed, or enabled again, is planned anew; what is gone is removed")
    func changed() async throws {
        try await CatalogueFixture.with { fixture in
            try await publish(fixture, Self.template("1.0.0", schedule: "  cron: 0 6 * * *\n  every: PT1H\n"))
            let id = try await clone(fixture).id
            try await setPlanned(fixture)
            _ = try await fixture.workflows.change(
                id, WorkflowChange(name: "Renamed"), in: fixture.north.scope, by: fixture.actor)
            #expect(try await schedules(fixture, id) == ["cron planned 0 6 * * *", "every planned every 3600 s"])

            try await publish(fixture, Self.template("1.1.0", schedule: "  cron: 0 7 * * *\n  every: PT1H\n"))
            _ = try await fixture.workflows.upgrade(
                id, to: .name("clocked", nil), in: fixture.north.scope, by: fixture.actor)
            #expect(try await schedules(fixture, id) == ["cron new 0 7 * * *", "every planned every 3600 s"])

            try await setPlanned(fixture)
            _ = try await fixture.workflows.setEnabled(false, id, in: fixture.north.scope, by: fixture.actor)
            #expect(try await schedules(fixture, id) == ["cron off 0 7 * * *", "every off every 3600 s"])
            _ = try await fixture.workflows.setEnabled(true, id, in: fixture.north.scope, by: fixture.actor)
            #expect(try await schedules(fixture, id) == ["cron new 0 7 * * *", "every new every 3600 s"])

            try await publish(fixture, Self.template("1.2.0", schedule: ""))
            _ = try await fixture.workflows.upgrade(
                id, to: .name("clocked", nil), in: fixture.north.scope, by: fixture.actor)
            #expect(try await schedules(fixture, id).isEmpty)
        }
    }

    @Test("a template with a time zone that does not exist is not published")
    func unknownZone() async throws {
        try await CatalogueFixture.with { fixture in
            let template = try Self.template(
                "1.0.0", schedule: "  cron: 0 6 * * *\n", policy: "{ timeZone: Europe/Berlim }")
            let problem = try await fixture.problem { try await publish(fixture, template) }
            #expect(problem.items.map(\.path) == ["workflow.yaml:/document/metadata/schedule/timeZone"])
            #expect(problem.items.first?.message.contains("Europe/Berlim") == true)
        }
    }

    @Test("the filters of several events are stored with their number and what they have in common")
    func sets() async throws {
        try await CatalogueFixture.with { fixture in
            try await publish(fixture, Self.template("1.0.0", schedule: "", on: Self.pair))
            let id = try await clone(fixture).id
            let listing = try await fixture.catalogue.workflows(in: fixture.north.scope).workflows.first { $0.id == id }
            let triggers = try #require(listing?.triggers)
            #expect(triggers.map(\.setSize) == [2, 2])
            #expect(triggers.map { $0.correlations.map(\.source) } == [[".data.text"], [".subject"]])
            #expect(triggers[1].filter.attributes["source"] == "s")
        }
    }

    private static let pair = """
        all:
              - with: { type: com.example.reported }
                correlate: { k: { from: .data.text } }
              - with: { type: com.example.reported, source: s }
                correlate: { k: { from: .subject } }
        """
}
