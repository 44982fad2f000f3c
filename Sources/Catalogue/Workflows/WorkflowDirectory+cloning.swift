import Database
import JSON
package import Primitives
import Tenancy

extension WorkflowDirectory {
    /// Clones a template version into a plant.
    ///
    /// - Throws: `Problem(.invalidParameters)` with every mistake in the name, the parameters and the bindings, each with its JSON
    ///   pointer; `Problem.notFound` for a template that the plant cannot see; `Problem(.alreadyExists)` for a taken name.
    package func clone(_ draft: WorkflowDraft, in scope: TenantScope, by actor: Actor) async throws -> PlantWorkflow {
        let plant = try scope.requirePlant()
        return try await refusingTakenName {
            try await database.transaction(scope) { transaction in
                let template = try await TemplateDirectory.template(draft.template, in: transaction)
                try await TemplateDirectory.adopt(template, in: transaction)
                let id = WorkflowID()
                let plan = try await WorkflowPlan.check(
                    id: id, name: draft.name, template: template, parameters: draft.parameters,
                    bindings: draft.bindings, isEnabled: draft.isEnabled, in: plant, transaction)
                try await transaction.batch(
                    [Self.insertion(id, draft, plan, plant)] + Self.revision(id, plan, plant)
                        + Self.schedules(id, plan, isEnabled: draft.isEnabled, plant))
                let created = try await Self.current(id, plant, transaction)
                try await transaction.record(
                    AuditEntry(
                        "workflow.cloned", objectType: "workflow", objectID: id.description, new: created.audited,
                        by: actor))
                return created
            }
        }
    }

    /// Changes name, version, parameters, bindings or whether events start runs. Runs under way go on with the revision
    /// that they started with.
    ///
    /// - Parameter version: the one that the caller saw (`If-Match`); `nil` changes whatever is there.
    package func change(
        _ id: WorkflowID, _ change: WorkflowChange, in scope: TenantScope, expecting version: Int64? = nil,
        reason: String? = nil, by actor: Actor
    ) async throws -> PlantWorkflow {
        let plant = try scope.requirePlant()
        return try await refusingTakenName {
            try await database.transaction(scope) { transaction in
                let old = try await Self.locked(id, plant, transaction)
                try requireVersion(version, of: old.version)
                let template = try await TemplateDirectory.template(
                    change.template ?? .id(old.templateVersionID), in: transaction)
                guard template.version.slug == old.templateSlug else {
                    throw Problem(
                        .conflict, "The workflow is a clone of \(old.templateSlug). Clone the other template anew.")
                }
                try await TemplateDirectory.adopt(template, in: transaction)
                let name = change.name ?? old.name
                let isEnabled = change.isEnabled ?? old.isEnabled
                let plan = try await WorkflowPlan.check(
                    id: id, name: name, template: template, parameters: change.parameters ?? old.parameters,
                    bindings: change.bindings ?? old.bindings, isEnabled: isEnabled, in: plant, transaction)
                try await transaction.batch(
                    [Self.update(id, name, isEnabled, plan, plant)]
                        + Self.clearing(id, plant) + Self.revision(id, plan, plant)
                        + Self.schedules(id, plan, isEnabled: isEnabled, plant))
                let new = try await Self.current(id, plant, transaction)
                try await transaction.record(
                    AuditEntry(
                        Self.action(from: old, to: new), objectType: "workflow", objectID: id.description,
                        old: old.audited, new: new.audited, reason: reason, by: actor))
                return new
            }
        }
    }

    package func upgrade(
        _ id: WorkflowID, to template: TemplateReference, in scope: TenantScope, expecting version: Int64? = nil,
        by actor: Actor
    ) async throws -> PlantWorkflow {
        try await change(id, WorkflowChange(template: template), in: scope, expecting: version, by: actor)
    }

    /// Neither events nor time start new runs of a disabled workflow.
    package func setEnabled(
        _ isEnabled: Bool, _ id: WorkflowID, in scope: TenantScope, expecting version: Int64? = nil,
        reason: String? = nil, by actor: Actor
    ) async throws -> PlantWorkflow {
        try await change(
            id, WorkflowChange(isEnabled: isEnabled), in: scope, expecting: version, reason: reason, by: actor)
    }

    private static func action(from old: PlantWorkflow, to new: PlantWorkflow) -> String {
        if old.templateVersionID != new.templateVersionID { return "workflow.upgraded" }
        if old.digest == new.digest, old.isEnabled != new.isEnabled {
            return new.isEnabled ? "workflow.enabled" : "workflow.disabled"
        }
        return "workflow.changed"
    }

    private static func locked(
        _ id: WorkflowID, _ plant: PlantKey, _ transaction: TenantTransaction
    ) async throws -> PlantWorkflow {
        try await transaction.execute(
            """
            SELECT FROM millwright.workflow
            WHERE \(fragment: plant.condition) AND workflow_id = \(id)
            FOR NO KEY UPDATE
            """)
        return try await current(id, plant, transaction)
    }

    private func refusingTakenName<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as DatabaseError where error.violates(constraint: "workflow_name_is_unique_in_plant") {
            throw Problem(
                .alreadyExists, "The plant has a workflow with this name already.",
                items: [.init(path: "/name", message: "Is taken. Choose another one.")])
        }
    }
}
