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
        // The revision is read first: should a workflow change in between, what is kept counts as old and is read again.
        let rows = try await database.readPipeline(
            plant.scope,
            [
                "SELECT millwright.trigger_revision(\(fragment: plant.values)) AS revision",
                """
                SELECT workflow_id, name, digest, is_enabled, document_namespace, document_name, document_version
                FROM millwright.workflow AS workflow
                WHERE \(fragment: plant.owns("workflow"))
                ORDER BY workflow_id
                """,
                """
                SELECT workflow_id, event_type, filter
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
            ])
        let workflows = try rows[1].map(PlantTriggers.Workflow.init(row:))
        let enabled = Dictionary(uniqueKeysWithValues: workflows.filter(\.isEnabled).map { ($0.id, $0) })
        return PlantTriggers(
            revision: try rows[0].first?.decode("revision") ?? 0, workflows: workflows,
            triggers: try triggers(rows[2], of: enabled, plant), schemas: try schemas(rows[3], of: enabled, plant))
    }

    private func triggers(_ rows: Rows, of enabled: [WorkflowID: PlantTriggers.Workflow], _ plant: PlantKey) throws
        -> [String: [PlantTriggers.Trigger]]
    {
        var triggers: [String: [PlantTriggers.Trigger]] = [:]
        for row in rows {
            guard let workflow = enabled[try row.decode("workflow_id")] else { continue }
            do {
                let filter = try CompiledEventFilter(EventFilter(json: try row.decode("filter")))
                triggers[try row.decode("event_type"), default: []].append(.init(workflow: workflow, filter: filter))
            } catch {
                // The catalogue compiles each trigger before it stores it; one bad row must not stop the plant.
                logger.error(
                    "a stored trigger cannot be used",
                    metadata: ["plant": "\(plant.plantID)", "workflow": "\(workflow.id)", "reason": "\(error)"])
            }
        }
        return triggers
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
                    return try JSONSchema(schema)
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
