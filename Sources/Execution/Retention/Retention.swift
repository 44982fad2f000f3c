package import Database
package import Logging
import Primitives
import Tenancy

/// Makes the months of events and journals before their time, and drops those that are older than the policy keeps.
///
/// The clock is the database's: replicas whose clocks differ see the same months. Each month is made or dropped in a
/// transaction of its own under one advisory lock, so that any number of processes may do it, and none waits for another.
package struct Retention: Sendable {
    /// "retentio" in ASCII.
    private static let lockKey: Int64 = 0x7265_7465_6E74_696F
    /// Tries for the moment in which nobody uses the table: each waits half a second at most (`drop_partition`).
    static let dropAttempts = 10
    static let deadlineSeconds = 120

    let database: Database
    package let policy: RetentionPolicy
    let logger: Logger

    package init(database: Database, policy: RetentionPolicy, logger: Logger) {
        self.database = database
        self.policy = policy
        self.logger = logger
    }

    package struct Result: Sendable, Hashable {
        /// Every partition as it is now, and those that were dropped.
        package var partitions: [MonthPartition] = []
        package var created: [String] = []
        /// Another process was at it: nothing was done here.
        package var isElsewhere = false

        /// Default partitions with rows: nobody had made their month in time, or a run goes on whose month was dropped.
        package var strays: [MonthPartition] { partitions.filter { $0.isDefault && $0.holdsRows } }
    }

    /// What there is and what would be dropped. Changes nothing.
    package func look() async throws -> Result {
        var result = Result()
        try await database.read(.platform, deadline: .seconds(Self.deadlineSeconds)) { transaction in
            for row in try await transaction.query(MonthPartition.all) {
                guard var partition = try MonthPartition(row: row) else { continue }
                if isOld(partition, at: try row.decode("now")) {
                    let reason = try await RetentionHold(partition).reason(in: transaction)
                    partition.fate = reason.map { .held(reason: $0) } ?? .due
                }
                result.partitions.append(partition)
            }
        }
        return result
    }

    /// Makes what is missing and drops what is due.
    package func keep() async throws -> Result {
        var created: [String] = []
        for table in AgeingTable.allCases {
            // More than are made in one go at the worst: after years in which nothing ran.
            for _ in 0..<240 {
                guard let answer = try await createNext(table) else { return Result(isElsewhere: true) }
                guard let name = answer.name else { break }
                created.append(name)
            }
        }
        var result = try await look()
        result.created = created
        for (index, partition) in result.partitions.enumerated() where partition.fate == .due {
            result.partitions[index].fate = try await drop(partition)
        }
        return result
    }

    private func isOld(_ partition: MonthPartition, at now: Timestamp) -> Bool {
        guard let end = partition.to, let first = policy.firstKept(partition.table, at: now) else { return false }
        return end <= first.firstKey
    }

    /// `nil` when another process has the lock.
    private func createNext(_ table: AgeingTable) async throws -> (name: String?, Void)? {
        let name: String?? = try await alone { transaction in
            let row = try await transaction.one(
                "SELECT millwright.create_partition(\(table.rawValue), \(Int32(RetentionPolicy.monthsAhead))) AS name")
            return try row?.decode("name", as: String?.self)
        }
        guard let name else { return nil }
        if let name { logger.notice("a partition was made", metadata: ["partition": "\(name)"]) }
        return (name, ())
    }

    /// Everybody who writes waits while this waits for its turn, so it gives up soon and comes again.
    private func drop(_ partition: MonthPartition) async throws -> MonthPartition.Fate {
        for attempt in 1...Self.dropAttempts {
            do {
                return try await dropOnce(partition) ?? .held(reason: "Another process is at it.")
            } catch let error as DatabaseError where error.sqlState == "55P03" || error.isRetryable {
                guard attempt < Self.dropAttempts else { break }
                try await Task.sleep(for: .milliseconds(Int.random(in: 200...1000)))
            }
        }
        logger.notice("a partition is in use and is dropped later", metadata: ["partition": "\(partition.name)"])
        return .held(reason: "The table was in use all the time. It is tried again within the hour.")
    }

    private func dropOnce(_ partition: MonthPartition) async throws -> MonthPartition.Fate? {
        guard let end = partition.to else { return .kept }
        let fate: MonthPartition.Fate? = try await alone { transaction in
            if let reason = try await RetentionHold(partition).reason(in: transaction) { return .held(reason: reason) }
            let row = try await transaction.one(
                "SELECT millwright.drop_partition(\(partition.name), \(end)) IS NOT NULL AS was_there")
            // Where somebody else has dropped it there is nothing to record.
            if try row?.decode("was_there", as: Bool.self) == true {
                try await transaction.record(partition.droppingEntry)
            }
            return .dropped
        }
        if fate == .dropped {
            logger.notice(
                "a month aged out",
                metadata: [
                    "partition": "\(partition.name)", "rows": "\(partition.rows)", "bytes": "\(partition.bytes)",
                ])
        }
        return fate
    }

    /// `nil` when another process has the lock.
    private func alone<Value: Sendable>(
        _ body: nonisolated(nonsending) (TenantTransaction) async throws -> Value
    ) async throws -> Value? {
        try await database.transaction(.platform, deadline: .seconds(Self.deadlineSeconds)) { transaction in
            let row = try await transaction.one("SELECT pg_try_advisory_xact_lock(\(Self.lockKey)) AS is_mine")
            guard try row?.decode("is_mine", as: Bool.self) == true else { return nil }
            return try await body(transaction)
        }
    }
}
