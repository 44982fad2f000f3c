import Database
import JSON
package import Primitives
import Tenancy

package typealias BulkOperationID = Identifier<BulkOperationTag>
package enum BulkOperationTag {}

/// One action on all runs that a filter names, as it is worked off.
package struct BulkOperation: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable, CaseIterable {
        case running, completed, cancelled
    }

    package struct Failure: Sendable, Hashable {
        package var runID: RunID
        package var code: String
        package var reason: String

        init(runID: RunID, code: String, reason: String) {
            self.runID = runID
            self.code = code
            self.reason = reason
        }

        /// With the first of what is wrong.
        init(of run: RunID, _ problem: Problem) {
            let items = problem.items.prefix(10).map { "\($0.path): \($0.message)" }
            self.init(
                runID: run, code: problem.code.rawValue,
                reason: ([problem.detail] + items).joined(separator: "\n").prefix(utf8: 10_000))
        }
    }

    package var id: BulkOperationID
    package var action: RunAction
    package var filter: RunFilter
    package var reason: String
    package var status: Status
    /// What the dry run counted; runs that came to fit or ceased to fit since are not in it.
    package var planned: Int
    package var succeeded: Int
    package var failed: Int
    package var createdAt: Timestamp
    package var endedAt: Timestamp?
    /// The newest of what failed.
    package var failures: [Failure]
}

/// What an operation would do.
package struct BulkPreview: Sendable, Hashable {
    /// At most `RunDirectory.maximumBulkRuns + 1`.
    package var count: Int
    package var sample: [RunSummary]
    /// The runs of the sample that would stay as they are, and why.
    package var refusals: [BulkOperation.Failure]
    /// Only runs before this one are meant: what comes later is not touched.
    package var before: RunID
}

extension BulkOperation {
    static let columns: StaticString = """
        operation.bulk_operation_id, operation.action, operation.filter, operation.arguments, operation.reason,
        operation.status, operation.planned, operation.succeeded, operation.failed, operation.created_at,
        operation.ended_at
        """

    init(row: Row, failures: [Failure] = []) throws {
        guard let name = RunAction.Name(rawValue: try row.decode("action")) else {
            throw Problem(.internalError, "An operation on many runs has an unknown action.")
        }
        self.init(
            id: try row.decode("bulk_operation_id"),
            action: try RunAction(name, arguments: try row.decode("arguments")),
            filter: try RunFilter(json: try row.decode("filter")), reason: try row.decode("reason"),
            status: Status(rawValue: try row.decode("status")) ?? .running, planned: try row.decode("planned"),
            succeeded: try row.decode("succeeded"), failed: try row.decode("failed"),
            createdAt: try row.decode("created_at"), endedAt: try row.decode("ended_at", as: Timestamp?.self),
            failures: failures)
    }
}
