import Database
import Primitives

/// Gives what slots a workflow has, in one transaction.
struct SlotTurn: Sendable {
    /// Slots given in one transaction.
    static let maximumSlots = 500
    /// Of so many slots one goes to whoever waits longest, so that a low priority is no exclusion.
    static let turnsOfTheOldest: Int64 = 4

    let plant: PlantKey
    let workflow: WorkflowID
    let now: Timestamp
    var rates = RateClock.database

    struct Given: Sendable {
        var count = 0
        /// When there may be another slot; `nil` when only the end of a run makes one.
        var nextSeconds: Double?
    }

    func perform(in transaction: TenantTransaction) async throws -> Given {
        let row = try await transaction.one(
            """
            SELECT policy.max_concurrent, policy.max_starts_per_minute, policy.burst, policy.tokens, policy.tokens_at,
              policy.admitted, policy.business_key, policy.priority, policy.deduplicate,
              clock_timestamp() AS database_now
            FROM millwright.workflow_policy AS policy
            WHERE \(fragment: plant.owns("policy")) AND policy.workflow_id = \(workflow)
            FOR UPDATE
            """)
        guard let row else { return Given() }
        let policy = try WorkflowPolicy(row: row)
        var free = Self.maximumSlots
        if let most = policy.maxConcurrent { free = min(free, most - (try await slotsTaken(in: transaction))) }
        var bucket = TokenBucket(
            tokens: try row.decode("tokens"), filledAt: try row.decode("tokens_at", as: Timestamp?.self),
            perMinute: policy.maxStartsPerMinute, burst: policy.burst)
        let isCorrected = bucket.fill(at: rates == .database ? try row.decode("database_now") : now)
        free = min(free, bucket.whole)
        guard free > 0 else {
            if isCorrected { try await store(bucket, given: 0, in: transaction) }
            return Given(nextSeconds: bucket.whole == 0 ? bucket.secondsToNext : nil)
        }
        let admitted: Int64 = try row.decode("admitted")
        let given = try await admit(free, after: admitted, in: transaction)
        bucket.take(given)
        try await store(bucket, given: given, in: transaction)
        // More than one transaction gives: look again at once.
        if given == Self.maximumSlots { return Given(count: given, nextSeconds: 0) }
        return Given(count: given, nextSeconds: bucket.perMinute == nil ? nil : bucket.secondsToNext)
    }

    private func store(_ bucket: TokenBucket, given: Int, in transaction: TenantTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE millwright.workflow_policy AS policy
            SET tokens = \(bucket.tokens), tokens_at = \(bucket.filledAt ?? now),
              admitted = policy.admitted + \(Int64(given))
            WHERE \(fragment: plant.owns("policy")) AND policy.workflow_id = \(workflow)
            """)
    }

    private func slotsTaken(in transaction: TenantTransaction) async throws -> Int {
        try await transaction.one(
            """
            SELECT count(*) AS taken
            FROM millwright.run AS run
            WHERE \(fragment: plant.owns("run")) AND run.workflow_id = \(workflow) AND run.admitted_at IS NOT NULL
              AND run.status IN ('pending', 'running', 'waiting', 'suspended')
            """)?.decode("taken") ?? 0
    }

    private func admit(_ free: Int, after admitted: Int64, in transaction: TenantTransaction) async throws -> Int {
        let end = admitted + Int64(free)
        let turns = Int(end / Self.turnsOfTheOldest - admitted / Self.turnsOfTheOldest)
        let oldest: Statement = "ARRAY(\(fragment: waiting("run_id", turns)))"
        // Whoever waits longest has its own turn, and takes none of the others.
        let next = waiting("priority DESC, run_id", free - turns, except: oldest)
        return try await transaction.execute(
            """
            UPDATE millwright.run AS run
            SET queued_at = NULL, admitted_at = \(now)
            WHERE \(fragment: plant.owns("run")) AND run.status = 'pending' AND run.queued_at IS NOT NULL
              AND (
                run.run_id = ANY (\(fragment: oldest)) OR run.run_id = ANY (ARRAY(\(fragment: next))))
            """)
    }

    private func waiting(_ order: StaticString, _ count: Int, except: Statement? = nil) -> Statement {
        let others: Statement = except.map { " AND waiting.run_id <> ALL (\(fragment: $0))" } ?? ""
        return """
            SELECT waiting.run_id
            FROM millwright.run AS waiting
            WHERE \(fragment: plant.owns("waiting")) AND waiting.workflow_id = \(workflow)
              AND waiting.status = 'pending' AND waiting.queued_at IS NOT NULL\(fragment: others)
            ORDER BY \(raw: order)
            LIMIT \(count)
            """
    }

}

/// By whose time a rate's bucket fills.
package enum RateClock: Sendable, Hashable {
    /// The database's, which all control planes share: by their own clocks, where those differ, each would fill anew the
    /// time that the other has filled.
    case database
    /// The caller's, for those who play the time.
    case own
}

/// Starts that a rate allows now.
struct TokenBucket: Sendable, Hashable {
    private(set) var tokens: Double
    private(set) var filledAt: Timestamp?
    /// `nil` for any rate.
    let perMinute: Int?
    let burst: Int?

    init(tokens: Double, filledAt: Timestamp?, perMinute: Int?, burst: Int?) {
        self.tokens = tokens
        self.filledAt = filledAt
        self.perMinute = perMinute
        self.burst = burst
    }

    /// A bucket that was never used is full. A clock behind the one that filled it last fills nothing, and leaves the moment as it
    /// is, or the other clock would fill the same time twice. A moment that lies further ahead than a whole bucket takes is
    /// of a clock that was wrong: nobody waits longer for it than that.
    /// - Returns: whether the moment was of such a clock, which must be stored whether anything is taken or not.
    mutating func fill(at now: Timestamp) -> Bool {
        guard let perMinute, let burst else { return false }
        guard let filledAt else {
            tokens = Double(burst)
            self.filledAt = now
            return false
        }
        let latest = now.adding(seconds: Double(burst) * 60 / Double(perMinute))
        guard filledAt <= latest else {
            self.filledAt = latest
            return true
        }
        guard filledAt < now else { return false }
        tokens = min(Double(burst), tokens + (now.unixSeconds - filledAt.unixSeconds) * Double(perMinute) / 60)
        self.filledAt = now
        return false
    }

    var whole: Int { perMinute == nil ? .max : Int(tokens + 1e-9) }

    mutating func take(_ count: Int) { if perMinute != nil { tokens = max(0, tokens - Double(count)) } }

    var secondsToNext: Double {
        guard let perMinute else { return 0 }
        return max(0.01, (1 - tokens) * 60 / Double(perMinute))
    }
}
