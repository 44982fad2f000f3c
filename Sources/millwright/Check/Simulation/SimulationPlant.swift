import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import Workflow

/// The one plant of a simulated database: its rows, and what a seed leaves behind.
struct SimulationPlant {
    static let key = PlantKey(
        partnerID: PartnerID(UUIDv7(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0001)),
        clientID: ClientID(UUIDv7(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0002)),
        plantID: PlantID(UUIDv7(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0003)))
    static let scope = key.scope
    private static let version = UUIDv7(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0004)
    /// A table with nothing but dead rows is read slowly: so often all of them are emptied at once.
    private static let seedsBetweenTruncations = 100

    /// What a seed writes. Those that name others come first.
    private static let tables = [
        "human_task_signature", "human_task_comment", "human_task_evidence", "human_task_announcement",
        "human_task_decision", "human_task", "evidence_file", "run_checkpoint", "sla_occurrence", "sla_clock",
        "bulk_failure", "bulk_operation", "run_input", "run_listener", "journal_entry", "run_payload", "event_set",
        "run", "event",
        "event_quarantine", "usage_record", "audit_entry", "workflow_schedule", "runner",
    ]

    let session: MaintenanceSession

    /// Makes the tenants and the workflows, once for a database.
    func make() throws {
        let (partner, client, plant) = (Self.key.partnerID, Self.key.clientID, Self.key.plantID)
        try session.run(
            """
            SET session_replication_role = replica;
            INSERT INTO millwright.partner (partner_id, slug, name) VALUES ('\(partner)', 'sim', 'Simulation');
            INSERT INTO millwright.client (partner_id, client_id, slug, name)
            VALUES ('\(partner)', '\(client)', 'sim', 'Simulation');
            INSERT INTO millwright.plant (partner_id, client_id, plant_id, slug, name, time_zone)
            VALUES ('\(partner)', '\(client)', '\(plant)', 'sim', 'Simulation', 'UTC');
            INSERT INTO millwright.template (partner_id, slug, origin, created_at)
            VALUES ('\(partner)', 'sim', 'partner', now());
            INSERT INTO millwright.template_version (
              partner_id, template_version_id, slug, version, digest, origin, name, summary, package, published_at,
              published_by)
            VALUES (
              '\(partner)', '\(Self.version)', 'sim', '1.0.0', repeat('0', 64), 'partner', 'Simulation', 'All waits.',
              '{}', now(), 'simulation');
            """)
        for workflow in SimulationWorkflow.allCases { try session.run(Self.row(of: workflow)) }
        try session.run(Self.further)
    }

    /// Of the workflow that is limited.
    static let (limitAtOnce, startsPerMinute, burst) = (2, 6, 2)

    /// What workflows may do at once, a version that runs can be taken to, and the people who are a panel.
    private static var further: String {
        let plant = "'\(key.partnerID)', '\(key.clientID)', '\(key.plantID)'"
        var script = """
            INSERT INTO millwright.workflow_policy (
              partner_id, client_id, plant_id, workflow_id, max_concurrent, max_starts_per_minute, burst, deduplicate,
              updated_at)
            VALUES
              (\(plant), '\(SimulationWorkflow.limited.id)', \(limitAtOnce), \(startsPerMinute), \(burst), NULL, now()),
              (\(plant), '\(SimulationWorkflow.once.id)', NULL, NULL, NULL, 'ever', now()),
              (\(plant), '\(SimulationWorkflow.sole.id)', NULL, NULL, NULL, 'open', now());
            INSERT INTO millwright.workflow_revision (
              partner_id, client_id, plant_id, workflow_id, digest, revision, template_version_id, document, parameters,
              bindings, facts, created_at)
            VALUES (
              \(plant), '\(SimulationWorkflow.move.id)', '\(SimulationWorkflow.movedDigest)', 2, '\(version)', '{}', '{}',
              '{}', '{}', now());
            """
        for person in SimulationWorld.people {
            script += """
                INSERT INTO millwright.principal (
                  partner_id, client_id, plant_id, principal_id, kind, display_name, email)
                VALUES (\(plant), '\(person.id)', 'user', '\(person.displayName)', '\(person.id)@sim.example');
                INSERT INTO millwright.role_binding (
                  partner_id, client_id, plant_id, role_binding_id, principal_id, role)
                VALUES (\(plant), '\(person.id)', '\(person.id)', 'supervisor');
                """
        }
        return script
    }

    private static func row(of workflow: SimulationWorkflow) -> String {
        let place = "'\(key.partnerID)', '\(key.clientID)', '\(key.plantID)', '\(workflow.id)'"
        var script = """
            INSERT INTO millwright.workflow (
              partner_id, client_id, plant_id, workflow_id, name, template_version_id, document_namespace,
              document_name, document_version, parameters, bindings, digest, is_enabled, created_at, updated_at)
            VALUES (
              \(place), '\(workflow.rawValue)', '\(version)', 'sim', '\(workflow.rawValue)', '1.0.0', '{}', '{}',
              '\(workflow.digest)', false, now(), now());
            """
        let types = workflow.triggerTypes
        for (position, type) in types.enumerated() {
            script += """
                INSERT INTO millwright.workflow_trigger (
                  partner_id, client_id, plant_id, workflow_id, position, event_type, filter, set_size, correlations)
                VALUES (
                  \(place), \(position), '\(type)', '{"attributes":{"type":"\(type)"}}', \(types.count),
                  '\(types.count > 1 ? #"{"subject":".subject"}"# : "{}")');
                """
        }
        return script
    }

    /// Empties the plant and enables the workflows of the next seed.
    func reset(for workflows: [SimulationWorkflow], seedsDone: Int) throws {
        var script = "SET session_replication_role = replica; BEGIN;"
        if seedsDone % Self.seedsBetweenTruncations == 0 {
            script += "TRUNCATE \(Self.tables.map { "millwright.\($0)" }.joined(separator: ", "));"
        } else {
            for table in Self.tables { script += "DELETE FROM millwright.\(table);" }
        }
        let enabled = workflows.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        script += """
            ALTER TABLE millwright.run_input ALTER COLUMN number RESTART WITH 1;
            UPDATE millwright.workflow SET is_enabled = name IN (\(enabled)), row_version = 1
            WHERE is_enabled <> (name IN (\(enabled))) OR row_version <> 1;
            """
        if workflows.contains(.limited) {
            script += "UPDATE millwright.workflow_policy SET tokens = 0, tokens_at = NULL, admitted = 0;"
        }
        for workflow in workflows where workflow.runsOnTime {
            let rule = TimedRule(.every(seconds: SimulationWorkflow.everySeconds)).json.serialized()
            script += """
                INSERT INTO millwright.workflow_schedule (
                  partner_id, client_id, plant_id, workflow_id, kind, rule, status, next_due_at)
                VALUES (
                  '\(Self.key.partnerID)', '\(Self.key.clientID)', '\(Self.key.plantID)', '\(workflow.id)', 'every',
                  '\(rule)', 'new', to_timestamp(0));
                """
        }
        try session.run(script + "COMMIT;")
    }

    /// Time starts nothing more: a seed has to end.
    func stopSchedules() throws {
        try session.run(
            """
            UPDATE millwright.workflow SET is_enabled = false, row_version = row_version + 1
            WHERE workflow_id IN (SELECT workflow_id FROM millwright.workflow_schedule);
            UPDATE millwright.workflow_schedule
            SET status = 'off', next_due_at = NULL, next_moment = NULL, queued_moment = NULL, awaits_run_id = NULL,
              detail = NULL
            """)
    }
}

/// The simulated plant's definitions and settings, from memory.
struct SimulationCatalogue: DefinitionSource, SettingsSource {
    func definitions(_ digests: Set<String>, of plant: PlantKey) async throws -> [DefinitionEnvelope] {
        (SimulationWorkflow.allCases.map(\.envelope) + [SimulationWorkflow.moved]).filter {
            digests.contains($0.digest)
        }
    }

    func settings(of plant: PlantKey, newerThan revision: Int64, sealedTo publicKey: [UInt8]) async throws
        -> PlantSettings?
    {
        revision >= 1 ? nil : PlantSettings(revision: 1, connections: [], maximumRunsInHand: 20, maximumEffects: 8)
    }
}
