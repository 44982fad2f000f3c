import Database
package import JSON
package import Primitives
import Tenancy

/// Who waits for a slot of a workflow.
package struct WorkflowQueue: Sendable, Hashable {
    package struct Waiting: Sendable, Hashable {
        package var id: RunID
        /// 1 for the one whose turn is next by priority.
        package var position: Int
        package var priority: Int
        package var businessKey: String?
        package var queuedAt: Timestamp
        /// At the rate's pace, if slots are free; `nil` for a workflow without a rate: its runs take as long as they take.
        package var startsAbout: Timestamp?
    }

    package var policy: WorkflowPolicy
    /// Runs that have a slot.
    package var running: Int
    package var waiting: Int
    /// The first in line.
    package var next: [Waiting]
}

extension WorkflowPolicyDirectory {
    package static let queueEntries = 100
    /// Beyond that the number of waiting runs is not counted on.
    package static let maximumCounted = 100_000

    package func queue(of workflow: WorkflowID, in scope: TenantScope) async throws -> WorkflowQueue {
        let plant = try PlantKey(scope)
        let policy = try await policy(of: workflow, in: scope)
        let now = clock.now()
        let rows = try await database.readPipeline(
            scope,
            [
                """
                SELECT count(*) AS running
                FROM millwright.run AS run
                WHERE \(fragment: plant.owns("run")) AND run.workflow_id = \(workflow) AND run.admitted_at IS NOT NULL
                  AND run.status IN ('pending', 'running', 'waiting', 'suspended')
                """,
                """
                SELECT count(*) AS waiting
                FROM (
                  SELECT
                  FROM millwright.run AS run
                  WHERE \(fragment: plant.owns("run")) AND run.workflow_id = \(workflow)
                    AND run.status = 'pending' AND run.queued_at IS NOT NULL
                  LIMIT \(Self.maximumCounted)
                ) AS waiting
                """,
                """
                SELECT run.run_id, run.priority, run.business_key, run.queued_at
                FROM millwright.run AS run
                WHERE \(fragment: plant.owns("run")) AND run.workflow_id = \(workflow)
                  AND run.status = 'pending' AND run.queued_at IS NOT NULL
                ORDER BY run.priority DESC, run.run_id
                LIMIT \(Self.queueEntries)
                """,
            ])
        let perMinute = policy.maxStartsPerMinute
        let next = try rows[2].enumerated().map { index, row in
            WorkflowQueue.Waiting(
                id: try row.decode("run_id"), position: index + 1, priority: try row.decode("priority"),
                businessKey: try row.decode("business_key", as: String?.self), queuedAt: try row.decode("queued_at"),
                startsAbout: perMinute.map { now.adding(seconds: Double(index + 1) * 60 / Double($0)) })
        }
        return WorkflowQueue(
            policy: policy, running: try rows[0].first?.decode("running") ?? 0,
            waiting: try rows[1].first?.decode("waiting") ?? 0, next: next)
    }
}

extension WorkflowPolicy {
    package var json: JSONValue {
        [
            "maxConcurrent": maxConcurrent.map { JSONValue($0) } ?? .null,
            "maxStartsPerMinute": maxStartsPerMinute.map { JSONValue($0) } ?? .null,
            "burst": burst.map { JSONValue($0) } ?? .null,
            "businessKey": businessKey.map(JSONValue.string) ?? .null,
            "priority": priority.map(JSONValue.string) ?? .null,
            "deduplicate": deduplicate.map { .string($0.rawValue) } ?? .null,
        ]
    }
}
