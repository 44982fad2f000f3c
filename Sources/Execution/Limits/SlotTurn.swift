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

    struct Given: Sendable {
        var count = 0
        /// When there may be another slot; `nil` when only the end of a run makes one.
        var nextSeconds: Double?
    }

    func perform(in transaction: TenantTransaction) async throws -> Given {
        let row = try await transaction.one(
            """
            SELECT policy.max_concurrent, policy.max_starts_per_minute, policy.burst, policy.tokens, policy.tokens_at,
              policy.admitted, policy.business_key, policy.priority, policy.deduplicate
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
        bucket.fill(at: now)
        free = min(free, bucket.whole)
        guard free > 0 else { return Given(nextSeconds: bucket.whole == 0 ? bucket.secondsToNext : nil) }
        let admitted: Int64 = try row.decode("admitted")
        let given = try await admit(free, after: admitted, in: transaction)
        bucket.take(given)
        try await transaction.execute(
            """
            UPDATE millwright.workflow_policy AS policy
            SET tokens = \(bucket.tokens), tokens_at = \(now), admitted = policy.admitted + \(Int64(given))
            WHERE \(fragment: plant.owns("policy")) AND policy.workflow_id = \(workflow)
            """)
        // More than one transaction gives: look again at once.
        if given == Self.maximumSlots { return Given(count: given, nextSeconds: 0) }
        return Given(count: given, nextSeconds: bucket.perMinute == nil ? nil : bucket.secondsToNext)
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

    /// A clock that is set back fills nothing; a bucket that was never used is full.
    mutating func fill(at now: Timestamp) {
        guard let perMinute, let burst else { return }
        if let filledAt {
            let seconds = max(0, now.unixSeconds - filledAt.unixSeconds)
            tokens = min(Double(burst), tokens + seconds * Double(perMinute) / 60)
        } else {
            tokens = Double(burst)
        }
        filledAt = now
    }

    var whole: Int { perMinute == nil ? .max : Int(tokens + 1e-9) }

    mutating func take(_ count: Int) { if perMinute != nil { tokens = max(0, tokens - Double(count)) } }

    var secondsToNext: Double {
        guard let perMinute else { return 0 }
        return max(0.01, (1 - tokens) * 60 / Double(perMinute))
    }
}
