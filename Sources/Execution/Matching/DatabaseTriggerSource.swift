package import Database
import JSON
package import Logging
import Primitives
import Workflow

/// Reads a plant's triggers and contracts from the catalogue's tables.
package struct DatabaseTriggerSource: TriggerSource {
    private let database: Database
    private let logger: Logger

    package init(database: Database, logger: Logger) {
        self.database = database
        self.logger = logger
    }

    package func triggers(of plant: PlantKey) async throws -> PlantTriggers {
        try read(try await database.readPipeline(plant.scope, Self.statements(plant)), of: plant)
    }

    package func triggers(of plant: PlantKey, in transaction: TenantTransaction) async throws -> PlantTriggers {
        try read(try await transaction.batch(Self.statements(plant)), of: plant)
    }

    /// The revision is read first: should a workflow change in between, what is kept counts as old and is read again.
    private static func statements(_ plant: PlantKey) -> [Statement] {
        [
            "SELECT millwright.trigger_revision(\(fragment: plant.values)) AS revision",
            """
            SELECT workflow_id, name, digest, is_enabled, document_namespace, document_name, document_version
            FROM millwright.workflow AS workflow
            WHERE \(fragment: plant.owns("workflow"))
            ORDER BY workflow_id
            """,
            """
            SELECT workflow_id, event_type, filter, set_size, correlations
            FROM millwright.workflow_trigger AS trigger
            WHERE \(fragment: plant.owns("trigger"))
            ORDER BY workflow_id, position
            """,
            """
            SELECT workflow_id, event_type, schema
            FROM millwright.event_contract AS contract
            WHERE \(fragment: plant.owns("contract"))
            ORDER BY workflow_id, event_type
            """,
            """
            SELECT workflow.workflow_id, policy.max_concurrent, policy.max_starts_per_minute, policy.burst,
              policy.business_key, policy.priority, policy.deduplicate,
              revision.document #> '{document,metadata,run}' AS run_metadata
            FROM millwright.workflow AS workflow
            LEFT JOIN millwright.workflow_policy AS policy
              ON \(fragment: plant.owns("policy")) AND policy.workflow_id = workflow.workflow_id
            LEFT JOIN millwright.workflow_revision AS revision
              ON \(fragment: plant.owns("revision")) AND revision.digest = workflow.digest
            WHERE \(fragment: plant.owns("workflow"))
              AND (policy.workflow_id IS NOT NULL OR revision.document #> '{document,metadata,run}' IS NOT NULL)
            """,
        ]
    }

    private func read(_ rows: [Rows], of plant: PlantKey) throws -> PlantTriggers {
        let workflows = try rows[1].map(PlantTriggers.Workflow.init(row:))
        let enabled = Dictionary(uniqueKeysWithValues: workflows.filter(\.isEnabled).map { ($0.id, $0) })
        return PlantTriggers(
            revision: try rows[0].first?.decode("revision") ?? 0, workflows: workflows,
            triggers: try triggers(rows[2], of: enabled, plant), sets: try sets(rows[2], of: enabled, plant),
            schemas: try schemas(rows[3], of: enabled, plant), policies: try policies(rows[4]))
    }

    /// A policy is checked before it is stored; one that cannot be read limits nothing here, and the database still does.
    private func policies(_ rows: Rows) throws -> [WorkflowID: StartPolicy] {
        var policies: [WorkflowID: StartPolicy] = [:]
        for row in rows {
            let template = try row.decode("run_metadata", as: JSONValue?.self).map(RunMetadata.init(json:))
            policies[try row.decode("workflow_id")] = try? StartPolicy(WorkflowPolicy(row: row), template)
        }
        return policies
    }

    /// What several events start: the rows of a workflow with its places in order.
    private func sets(_ rows: Rows, of enabled: [WorkflowID: PlantTriggers.Workflow], _ plant: PlantKey) throws
        -> [EventSetPlan]
    {
        var places: [WorkflowID: [(filter: JSONValue, correlations: JSONValue)]] = [:]
        for row in rows where try row.decode("set_size", as: Int.self) > 1 {
            let workflow: WorkflowID = try row.decode("workflow_id")
            places[workflow, default: []].append((try row.decode("filter"), try row.decode("correlations")))
        }
        return places.keys.sorted().compactMap { id in
            guard let workflow = enabled[id], let rows = places[id] else { return nil }
            do {
                return try EventSetPlan(workflow: workflow, rows: rows)
            } catch {
                complain(of: workflow, plant, error)
                return nil
            }
        }
    }

    private func triggers(_ rows: Rows, of enabled: [WorkflowID: PlantTriggers.Workflow], _ plant: PlantKey) throws
        -> [String: [PlantTriggers.Trigger]]
    {
        var triggers: [String: [PlantTriggers.Trigger]] = [:]
        for row in rows where try row.decode("set_size", as: Int.self) == 1 {
            guard let workflow = enabled[try row.decode("workflow_id")] else { continue }
            do {
                let filter = try CompiledEventFilter(
                    EventFilter(json: try row.decode("filter")), budget: EventBudgets.filter)
                triggers[try row.decode("event_type"), default: []].append(.init(workflow: workflow, filter: filter))
            } catch {
                complain(of: workflow, plant, error)
            }
        }
        return triggers
    }

    /// The catalogue compiles each trigger before it stores it; one bad row must not stop the plant.
    private func complain(of workflow: PlantTriggers.Workflow, _ plant: PlantKey, _ error: any Error) {
        logger.error(
            "a stored trigger cannot be used",
            metadata: ["plant": "\(plant.plantID)", "workflow": "\(workflow.id)", "reason": "\(error)"])
    }

    /// Several workflows may have the same contract: it is checked once.
    private func schemas(_ rows: Rows, of enabled: [WorkflowID: PlantTriggers.Workflow], _ plant: PlantKey) throws
        -> [String: [JSONSchema]]
    {
        var sources: [String: [JSONValue]] = [:]
        for row in rows where enabled[try row.decode("workflow_id")] != nil {
            let type: String = try row.decode("event_type")
            let schema: JSONValue = try row.decode("schema")
            if sources[type]?.contains(schema) != true { sources[type, default: []].append(schema) }
        }
        return sources.mapValues { schemas in
            schemas.compactMap { schema in
                do {
                    var contract = try JSONSchema(schema)
                    contract.maximumSteps = EventBudgets.contractSteps
                    return contract
                } catch {
                    logger.error(
                        "a stored event contract cannot be used",
                        metadata: ["plant": "\(plant.plantID)", "reason": "\(error)"])
                    return nil
                }
            }
        }
    }
}

extension PlantTriggers.Workflow {
    init(row: Row) throws {
        self.init(
            id: try row.decode("workflow_id"), name: try row.decode("name"), digest: try row.decode("digest"),
            isEnabled: try row.decode("is_enabled"), namespace: try row.decode("document_namespace"),
            documentName: try row.decode("document_name"), version: try row.decode("document_version"))
    }
}
