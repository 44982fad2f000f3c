import Database
import JSON
package import Primitives
package import Tenancy

extension RunDirectory {
    /// Runs that one operation may touch.
    package static let maximumBulkRuns = 100_000
    package static let bulkFailuresShown = 100

    /// How many operations of a plant may be under way.
    package static let maximumBulkOperations = 20
    /// Stores the operation; `BulkService` works it off.
    /// - Parameter dryRun: which dry run it carries out: each is carried out once.
    /// - Throws: `.invalidRequest` for more runs than one operation may touch, `.tooManyRequests` while too many are under way,
    ///   `.preconditionFailed` for a dry run that was carried out.
    package func begin(
        _ action: RunAction, on filter: RunFilter, before: RunID, planned: Int, dryRun: UUIDv7? = nil,
        in scope: TenantScope, reason: String, by actor: Actor
    ) async throws -> BulkOperationID {
        let plant = try PlantKey(scope)
        guard planned <= Self.maximumBulkRuns else {
            throw Problem(
                .invalidRequest,
                "The filter names more than \(Self.maximumBulkRuns) runs. Narrow it, by time for instance.")
        }
        let now = clock.now()
        let id = BulkOperationID(ids.next(at: now))
        do {
            try await database.transaction(scope) { transaction in
                try await refuseTooMany(plant, in: transaction)
                try await transaction.execute(
                    """
                    INSERT INTO millwright.bulk_operation (
                      partner_id, client_id, plant_id, bulk_operation_id, action, filter, arguments, reason, actor, status,
                      before_run_id, planned, created_at, dry_run_id)
                    VALUES (
                      \(fragment: plant.values), \(id), \(action.name.rawValue), \(ExactJSON(filter.json)),
                      \(ExactJSON(action.arguments)), \(reason), \(ExactJSON(actor.storedJSON)), 'running', \(before),
                      \(Int64(planned)), \(now), \(dryRun as UUIDv7?))
                    """)
                try await transaction.record(
                    AuditEntry(
                        "bulk-operation.started", objectType: "bulk-operation", objectID: id.description,
                        new: [
                            "action": .string(action.name.rawValue), "filter": filter.json,
                            "arguments": action.arguments, "runs": JSONValue(planned),
                        ], reason: reason, by: actor))
            }
        } catch let error as DatabaseError where error.violates(constraint: "a_dry_run_is_carried_out_once") {
            throw Problem(
                .preconditionFailed,
                "This dry run was carried out already: look at the plant's operations. To do it again, do the dry run again."
            )
        }
        board.bulk.ring()
        return id
    }

    private func refuseTooMany(_ plant: PlantKey, in transaction: TenantTransaction) async throws {
        let running = try await transaction.query(
            """
            SELECT
            FROM millwright.bulk_operation AS operation
            WHERE \(fragment: plant.owns("operation")) AND operation.status = 'running'
            LIMIT \(Self.maximumBulkOperations)
            """)
        guard running.count < Self.maximumBulkOperations else {
            throw Problem(
                .tooManyRequests,
                "\(Self.maximumBulkOperations) operations on many runs are under way. Wait for one, or cancel one.")
        }
    }

    /// Newest first, without what failed.
    package func bulkOperations(in scope: TenantScope, page: PageRequest) async throws -> Page<BulkOperation> {
        let plant = try PlantKey(scope)
        let rows = try await database.readPipeline(
            scope,
            [
                .fitting(
                    """
                    SELECT operation.*, octet_length(operation.arguments::text) + octet_length(operation.filter::text) AS bytes
                    FROM (
                      SELECT \(raw: BulkOperation.columns)
                      FROM millwright.bulk_operation AS operation
                      WHERE \(fragment: plant.owns("operation"))
                        \(fragment: page.after.map { "AND operation.bulk_operation_id < \($0)" } ?? "")
                      ORDER BY operation.bulk_operation_id DESC
                      LIMIT \(page.limit + 1)
                    ) AS operation
                    """, order: "bulk_operation_id DESC")
            ])[0]
        return try page.page(fitting: rows) {
            try BulkOperation(row: $0)
        } key: {
            $0.id.raw
        }
    }

    package func bulkOperation(_ id: BulkOperationID, in scope: TenantScope) async throws -> BulkOperation {
        let plant = try PlantKey(scope)
        let rows = try await database.readPipeline(
            scope,
            [
                """
                SELECT \(raw: BulkOperation.columns)
                FROM millwright.bulk_operation AS operation
                WHERE \(fragment: plant.owns("operation")) AND operation.bulk_operation_id = \(id)
                """,
                """
                SELECT failure.run_id, failure.code, failure.reason
                FROM millwright.bulk_failure AS failure
                WHERE \(fragment: plant.owns("failure")) AND failure.bulk_operation_id = \(id)
                ORDER BY failure.run_id DESC
                LIMIT \(Self.bulkFailuresShown)
                """,
            ])
        guard let row = rows[0].first else { throw Problem.notFound("bulk operation") }
        let failures = try rows[1].map { row in
            BulkOperation.Failure(
                runID: try row.decode("run_id"), code: try row.decode("code"), reason: try row.decode("reason"))
        }
        return try BulkOperation(row: row, failures: failures)
    }

    /// What is done stays done.
    package func cancelBulk(_ id: BulkOperationID, in scope: TenantScope, reason: String, by actor: Actor) async throws
    {
        let plant = try PlantKey(scope)
        let now = clock.now()
        try await database.transaction(scope) { transaction in
            let row = try await transaction.one(
                """
                SELECT operation.status
                FROM millwright.bulk_operation AS operation
                WHERE \(fragment: plant.owns("operation")) AND operation.bulk_operation_id = \(id)
                FOR UPDATE
                """)
            guard let row else { throw Problem.notFound("bulk operation") }
            let status: String = try row.decode("status")
            guard status == "running" else { throw Problem(.wrongState, "The operation is \(status) already.") }
            try await BulkEnding(plant: plant, id: id, status: .cancelled, now: now)
                .perform(reason: reason, by: actor, in: transaction)
        }
    }
}

extension Actor {
    /// As an operation keeps who asked for it: each run's change is recorded as that person's.
    var storedJSON: JSONValue {
        var object: JSONObject = ["kind": .string(kind.rawValue), "name": .string(displayName)]
        if let principalID { object["principal"] = .string(principalID.description) }
        if let origin { object["origin"] = .string(origin) }
        return .object(object)
    }

    init(stored json: JSONValue) {
        self.init(
            kind: json["kind"]?.stringValue.flatMap(Kind.init(rawValue:)) ?? .system,
            principalID: json["principal"]?.stringValue.flatMap { PrincipalID($0) },
            displayName: json["name"]?.stringValue ?? "", origin: json["origin"]?.stringValue)
    }
}
