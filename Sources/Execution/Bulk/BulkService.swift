import Database
package import Logging
import Primitives
import ServiceLifecycle
import Tenancy

/// Works off operations on many runs.
///
/// Any number of processes may run it. A run is changed in the transaction that moves the operation on, under a lock on the
/// operation: whatever crashes, each run is changed once, and the next process goes on after it. Operations take turns, a batch
/// each, so that a large one keeps no other plant waiting.
package struct BulkService: Service {
    static let idleSeconds: Double = 15
    static let pauseAfterFailureSeconds: Double = 5
    /// Runs looked up at a time.
    static let batch = 50

    let runs: RunDirectory
    let logger: Logger

    package init(runs: RunDirectory, logger: Logger) {
        self.runs = runs
        self.logger = logger
    }

    package func run() async throws {
        await RepeatedLook(
            complaint: "an operation on many runs is tried again",
            pauseAfterFailureSeconds: Self.pauseAfterFailureSeconds, logger: logger
        ).run(look: workOff) { pause in
            await runs.board.bulk.wait(seconds: pause)
        }
    }

    /// Until nothing is left to do; answers the seconds until the next look. An operation that cannot go on is left for then, and
    /// the others go on.
    @discardableResult
    package func workOff() async throws -> Double {
        var last: BulkOperationID?
        var stuck: [BulkOperationID] = []
        while !Task.isCancelled, let (plant, id) = try await next(after: last, except: stuck) {
            last = id
            do {
                try await BulkTurn(runs: runs, plant: plant, id: id).perform()
            } catch {
                if Task.isCancelled || (error as? DatabaseError)?.isOfTheServer == true { throw error }
                stuck.append(id)
                logger.warning(
                    "an operation on many runs cannot go on",
                    metadata: ["plant": "\(plant.plantID)", "operation": "\(id)", "reason": "\(error)"])
            }
        }
        return stuck.isEmpty ? Self.idleSeconds : Self.pauseAfterFailureSeconds
    }

    private func next(after last: BulkOperationID?, except stuck: [BulkOperationID]) async throws -> (
        PlantKey, BulkOperationID
    )? {
        let rows = try await runs.database.readPipeline(
            .platform,
            [
                """
                SELECT operation.partner_id, operation.client_id, operation.plant_id, operation.bulk_operation_id
                FROM millwright.bulk_operation AS operation
                WHERE operation.status = 'running' AND operation.bulk_operation_id <> ALL (\(stuck))
                ORDER BY operation.bulk_operation_id <= \(last ?? BulkOperationID(UUIDv7(high: 0, low: 0))),
                  operation.bulk_operation_id
                LIMIT 1
                """
            ])[0]
        guard let row = rows.first else { return nil }
        return (try PlantKey(try row.scope()), try row.decode("bulk_operation_id"))
    }
}

extension DatabaseError {
    /// No other operation would fare better.
    fileprivate var isOfTheServer: Bool { kind == .connectionLost || kind == .unavailable || kind == .outcomeUnknown }
}
