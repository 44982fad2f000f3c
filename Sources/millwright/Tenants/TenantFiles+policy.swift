import Execution
import Primitives
import Tenancy
import YAML

extension TenantFiles {
    /// A workflow's limits, and how the runs that its events start are called.
    struct PolicyEntry: Sendable {
        var place: Place
        var maxConcurrent: Int?
        var maxStartsPerMinute: Int?
        var burst: Int?
        var businessKey: String?
        var priority: String?
        var deduplicate: String?

        init?(_ given: FieldReader) {
            var fields = given
            maxConcurrent = fields.integer("maxConcurrent")
            maxStartsPerMinute = fields.integer("maxStartsPerMinute")
            burst = fields.integer("burst")
            businessKey = fields.string("businessKey")
            priority = fields.string("priority")
            deduplicate = fields.string("deduplicate")
            fields.finish()
            place = Place(fields)
        }

        func policy() throws(Problem) -> WorkflowPolicy {
            var until: Deduplication?
            if let deduplicate {
                until = Deduplication(rawValue: deduplicate)
                guard until != nil else {
                    throw Problem(.invalidParameters, "deduplicate is open or ever, not '\(deduplicate)'.")
                }
            }
            let policy = WorkflowPolicy(
                maxConcurrent: maxConcurrent, maxStartsPerMinute: maxStartsPerMinute, burst: burst,
                businessKey: businessKey, priority: priority, deduplicate: until)
            try policy.check()
            return policy
        }
    }
}

extension TenantApplier {
    mutating func policy(
        _ entry: TenantFiles.WorkflowEntry, _ workflow: WorkflowID, _ scope: TenantScope, _ path: String
    ) async throws {
        guard let wanted = try entry.policy?.policy() else { return }
        // The servers are told through the database: no runner is attached to the tool.
        let policies = WorkflowPolicyDirectory(database: domain.database, board: DispatchBoard())
        guard try await policies.policy(of: workflow, in: scope) != wanted else { return }
        plan.add(.change, "policy of the workflow \(entry.name) of \(path)")
        if !isDryRun { try await policies.set(wanted, of: workflow, in: scope, by: actor) }
    }
}
