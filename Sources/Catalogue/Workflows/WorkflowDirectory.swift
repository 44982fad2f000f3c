package import Database
import JSON
package import Primitives
package import Tenancy

/// The workflows of plants.
///
/// Each change is one transaction with its audit entry; it says so on the channel `millwright_workflows` with the
/// plant's id. A workflow is never deleted, only disabled: its runs, its audit and its invoices point to it.
package struct WorkflowDirectory: Sendable {
    package static let channel = "millwright_workflows"
    let database: Database

    package init(database: Database) { self.database = database }

    package func list(in scope: TenantScope, page: PageRequest) async throws -> Page<PlantWorkflow> {
        let plant = try scope.requirePlant()
        let rows = try await database.read(scope) { transaction in
            try await transaction.query(
                """
                \(raw: PlantWorkflow.selection)
                WHERE \(fragment: plant.condition("workflow"))
                  AND (\(page.after)::uuid IS NULL OR workflow.workflow_id > \(page.after))
                ORDER BY workflow.workflow_id
                LIMIT \(page.limit + 1)
                """)
        }
        return page.page(of: try rows.map(PlantWorkflow.init(row:))) { $0.id.raw }
    }

    package func workflow(_ id: WorkflowID, in scope: TenantScope) async throws -> PlantWorkflow {
        let plant = try scope.requirePlant()
        return try await database.read(scope) { try await Self.current(id, plant, $0) }
    }

    /// By its name in the plant; `nil` when there is none.
    package func workflow(named name: String, in scope: TenantScope) async throws -> PlantWorkflow? {
        let plant = try scope.requirePlant()
        return try await database.read(scope) { transaction in
            try await transaction.one(
                """
                \(raw: PlantWorkflow.selection)
                WHERE \(fragment: plant.condition("workflow")) AND workflow.name = \(name)
                """
            ).map(PlantWorkflow.init(row:))
        }
    }

    static func current(
        _ id: WorkflowID, _ plant: PlantKey, _ transaction: TenantTransaction
    ) async throws -> PlantWorkflow {
        let row = try await transaction.one(
            """
            \(raw: PlantWorkflow.selection)
            WHERE \(fragment: plant.condition("workflow")) AND workflow.workflow_id = \(id)
            """)
        guard let row else { throw Problem.notFound("workflow") }
        return try PlantWorkflow(row: row)
    }
}
