import Database
import JSON
import Primitives
import Workflow

extension WorkflowDirectory {
    static func insertion(
        _ id: WorkflowID, _ draft: WorkflowDraft, _ plan: WorkflowPlan, _ plant: PlantKey
    ) -> Statement {
        let header = plan.definition.header
        return """
            INSERT INTO millwright.workflow (
              partner_id, client_id, plant_id, workflow_id, name, template_version_id, document_namespace,
              document_name, document_version, parameters, bindings, digest, is_enabled, created_at, updated_at)
            VALUES (
              \(fragment: plant.values), \(id), \(draft.name), \(plan.template.version.id), \(header.namespace),
              \(header.name), \(header.version), \(plan.given.serialized())::json,
              \(plan.bindings.json.serialized())::json, \(plan.digest), \(draft.isEnabled), now(), now())
            """
    }

    static func update(
        _ id: WorkflowID, _ name: String, _ isEnabled: Bool, _ plan: WorkflowPlan, _ plant: PlantKey
    ) -> Statement {
        let header = plan.definition.header
        return """
            UPDATE millwright.workflow
            SET name = \(name), template_version_id = \(plan.template.version.id),
              document_namespace = \(header.namespace), document_name = \(header.name),
              document_version = \(header.version), parameters = \(plan.given.serialized())::json,
              bindings = \(plan.bindings.json.serialized())::json, digest = \(plan.digest),
              is_enabled = \(isEnabled), row_version = row_version + 1, updated_at = now()
            WHERE \(fragment: plant.condition) AND workflow_id = \(id)
            """
    }

    /// What is derived from a revision and replaced with it.
    static func clearing(_ id: WorkflowID, _ plant: PlantKey) -> [Statement] {
        [
            "DELETE FROM millwright.workflow_binding WHERE \(fragment: plant.condition) AND workflow_id = \(id)",
            "DELETE FROM millwright.workflow_trigger WHERE \(fragment: plant.condition) AND workflow_id = \(id)",
            "DELETE FROM millwright.event_contract WHERE \(fragment: plant.condition) AND workflow_id = \(id)",
        ]
    }

    /// The revision itself (unless the workflow was like this before), what is derived from it, and the news of it.
    static func revision(_ id: WorkflowID, _ plan: WorkflowPlan, _ plant: PlantKey) -> [Statement] {
        var statements: [Statement] = [
            """
            INSERT INTO millwright.workflow_revision (
              partner_id, client_id, plant_id, workflow_id, digest, revision, template_version_id, document,
              parameters, bindings, facts, created_at)
            SELECT \(fragment: plant.values), \(id), \(plan.digest), coalesce(max(revision), 0) + 1,
              \(plan.template.version.id), \(plan.template.package.document.serialized())::json,
              \(plan.parameters.serialized())::json, \(plan.bindings.json.serialized())::json,
              \(plan.facts.serialized())::json, now()
            FROM millwright.workflow_revision
            WHERE \(fragment: plant.condition) AND workflow_id = \(id)
            ON CONFLICT (partner_id, client_id, plant_id, digest) DO NOTHING
            """
        ]
        for (capability, connection) in plan.bindings.sorted(by: { $0.key < $1.key }) {
            statements.append(
                """
                INSERT INTO millwright.workflow_binding (
                  partner_id, client_id, plant_id, workflow_id, capability, connection_id)
                VALUES (\(fragment: plant.values), \(id), \(capability), \(connection))
                """)
        }
        for (position, trigger) in WorkflowTrigger.triggers(of: plan.definition).enumerated() {
            statements.append(
                """
                INSERT INTO millwright.workflow_trigger (
                  partner_id, client_id, plant_id, workflow_id, position, event_type, filter, set_size, correlations)
                VALUES (
                  \(fragment: plant.values), \(id), \(Int32(position)), \(trigger.eventType),
                  \(trigger.filterJSON.serialized())::json, \(Int32(trigger.setSize)),
                  \(EventCorrelation.json(trigger.correlations).serialized())::json)
                """)
        }
        for type in plan.template.package.metadata.eventTypes {
            guard let schema = type.schema else { continue }
            statements.append(
                """
                INSERT INTO millwright.event_contract (
                  partner_id, client_id, plant_id, workflow_id, event_type, schema)
                VALUES (\(fragment: plant.values), \(id), \(type.type), \(schema.serialized())::json)
                """)
        }
        statements.append("SELECT pg_notify(\(channel), \(plant.plant.description))")
        return statements
    }
}
