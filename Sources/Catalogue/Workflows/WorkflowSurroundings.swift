import Database
import JSON
import Primitives
import Tenancy
import Workflow

/// What a workflow needs of the plant round it, beside parameters and bindings: its secrets, a policy that lets its scripts
/// run, and that it closes no circle of workflows that start each other.
enum WorkflowSurroundings {
    /// Reads only what the definition asks for.
    static func check(
        _ definition: Definition, of id: WorkflowID, in plant: PlantKey, _ transaction: TenantTransaction,
        _ findings: inout Findings
    ) async throws {
        try await checkSecrets(definition, plant, transaction, &findings)
        let processes = ProcessUse(definition)
        if !processes.places.isEmpty {
            let policy = try await ProcessPolicyDirectory.policy(of: plant.scope, in: transaction)
            findings.add(contentsOf: processes.objections(to: policy))
        }
        try await checkCircles(definition, id, plant, transaction, &findings)
    }

    /// A secret of a definition is the credential of the plant's connection of that name.
    private static func checkSecrets(
        _ definition: Definition, _ plant: PlantKey, _ transaction: TenantTransaction, _ findings: inout Findings
    ) async throws {
        guard !definition.secrets.isEmpty else { return }
        let rows = try await transaction.query(
            """
            SELECT connection.name
            FROM millwright.connection AS connection
            JOIN millwright.credential AS credential USING (partner_id, credential_id)
            WHERE \(fragment: plant.condition("connection")) AND connection.name = ANY (\(definition.secrets))
              -- As CredentialReach.isBound: such a one goes out through its connection alone.
              AND credential.plant_id IS NOT NULL AND credential.hosts = '{}'
            FOR KEY SHARE OF connection
            """)
        let known = Set(try rows.map { try $0.decode("name", as: String.self) })
        for secret in definition.secrets where !known.contains(secret) {
            findings.add(
                "/template",
                "The workflow uses the secret “\(secret)”: the plant needs a connection of that name with a credential "
                    + "of the plant's own that names no hosts."
            )
        }
    }

    private static func checkCircles(
        _ definition: Definition, _ id: WorkflowID, _ plant: PlantKey, _ transaction: TenantTransaction,
        _ findings: inout Findings
    ) async throws {
        guard !definition.childWorkflows.isEmpty else { return }
        let rows = try await transaction.query(
            """
            SELECT revision.document
            FROM millwright.workflow AS workflow
            JOIN millwright.workflow_revision AS revision USING (partner_id, client_id, plant_id, digest)
            WHERE \(fragment: plant.condition("workflow")) AND workflow.workflow_id <> \(id)
            """)
        let own = ChildWorkflowCycles.Workflow(definition)
        var workflows = [own]
        for row in rows {
            let document = try row.decode("document", as: JSONValue.self)
            if let other = DefinitionDecoder.decode(document).definition { workflows.append(.init(other)) }
        }
        for circle in ChildWorkflowCycles.find(in: workflows) where circle.contains(own.qualifiedName) {
            let way = ChildWorkflowCycles.way(round: circle)
            findings.add("/template", "With it, workflows of the plant would start each other for ever: \(way).")
        }
    }
}
