package import Database
package import JSON
package import Primitives
import Tenancy

/// What happened in a plant: runs, people, operators, and its runner, in the order in which it was stored.
///
/// Everything in it is insert-only, so that "what is visible now and was not then" is a fixed list: a reader that goes on
/// after a position misses nothing and gets nothing twice, in whatever order transactions commit.
package struct PlantTimeline: Sendable {
    package enum Source: String, Sendable, Hashable, CaseIterable {
        case run, humanTask = "human-task", decision, operation = "operator", runner
    }

    package struct Entry: Sendable, Hashable {
        package var at: Timestamp
        package var source: Source
        /// `run-started`, `wait-opened`, the outcome of a decision, an audit action, the runner's state.
        package var what: String
        /// The run, the human task, the object of the action, or the runner's epoch.
        package var subject: String
        package var detail: JSONValue?
        /// What comes after this entry.
        package var position: TimelinePosition
    }

    package static let pageEntries = 200
    /// A transaction that was under way at a position began no longer before it than that.
    static let slackSeconds: Double = 60
    /// Older positions are refused: reading on from them would read what nobody asked for.
    package static let maximumAgeSeconds: Double = 7 * 86_400

    let database: Database
    let clock: any WallClock

    package init(database: Database, clock: any WallClock = SystemWallClock()) {
        self.database = database
        self.clock = clock
    }

    /// The position of what comes from now on, and back.
    /// - Parameter backSeconds: how much of the past to begin with.
    package func now(in scope: TenantScope, backSeconds: Double = 0) async throws -> TimelinePosition {
        guard backSeconds <= 0 else {
            return TimelinePosition(since: clock.now().adding(seconds: -backSeconds), seen: "1:1:", until: nil, skip: 0)
        }
        let snapshot = try await snapshot(in: scope)
        return TimelinePosition(since: clock.now(), seen: snapshot, until: nil, skip: 0)
    }

    private func snapshot(in scope: TenantScope) async throws -> String {
        try await database.readPipeline(scope, ["SELECT pg_current_snapshot()::text AS snapshot"])[0][0]
            .decode("snapshot")
    }

    /// What comes after the position, at most a page; and where to go on.
    /// - Throws: `.invalidParameters` for a position that is too old.
    package func entries(in scope: TenantScope, after position: TimelinePosition) async throws -> (
        entries: [Entry], next: TimelinePosition
    ) {
        let plant = try PlantKey(scope)
        let now = clock.now()
        guard position.since > now.adding(seconds: -Self.maximumAgeSeconds) else {
            throw Problem(
                .invalidParameters, "This position of the timeline is more than seven days old. Begin anew without it.")
        }
        let until: String
        if let fixed = position.until { until = fixed } else { until = try await snapshot(in: scope) }
        let rows = try await database.readPipeline(scope, [statement(plant, position, until)])[0]
        var entries: [Entry] = []
        for (index, row) in rows.prefix(Self.pageEntries).enumerated() {
            let place = TimelinePosition(
                since: position.since, seen: position.seen, until: until, skip: position.skip + index + 1)
            entries.append(try Entry(row: row, place))
        }
        if rows.count > Self.pageEntries, let last = entries.last { return (entries, last.position) }
        // Everything up to `until` was read: the next look begins there. While it is quiet, the slack moves with the clock.
        let since = position.until == nil ? now : position.since
        return (entries, TimelinePosition(since: since, seen: until, until: nil, skip: 0))
    }

    private func statement(_ plant: PlantKey, _ position: TimelinePosition, _ until: String) -> Statement {
        let from = position.since.adding(seconds: -(position.seen == "1:1:" ? 0 : Self.slackSeconds))
        let key = UUIDv7(high: UInt64(max(0, from.unixMilliseconds)) << 16, low: 0)
        func isNew(_ alias: StaticString) -> Statement {
            """
            NOT pg_visible_in_snapshot(millwright.full_xid(\(raw: alias).xmin), \(position.seen)::pg_snapshot)
            AND pg_visible_in_snapshot(millwright.full_xid(\(raw: alias).xmin), \(until)::pg_snapshot)
            """
        }
        return """
            SELECT at, source, what, subject, detail
            FROM (
              SELECT entry.recorded_at AS at, CASE WHEN entry.task_reference IS NULL THEN 'run' ELSE 'human-task' END AS source,
                entry.kind AS what, entry.run_id::text AS subject, entry.ordinal::bigint AS number,
                json_build_object('task', entry.task_reference, 'error', entry.error, 'detail', entry.detail) AS detail
              FROM millwright.journal_entry AS entry
              WHERE \(fragment: plant.owns("entry"))
                AND (entry.task_reference IS NULL
                  OR (entry.kind = 'wait-opened' AND entry.function LIKE 'human-task:%'))
                AND entry.recorded_at >= \(from) AND \(fragment: isNew("entry"))
              UNION ALL
              SELECT decision.decided_at, 'decision', decision.outcome, decision.human_task_id::text, 0,
                json_build_object('by', decision.decided_by_name, 'role', decision.decided_as_role)
              FROM millwright.human_task_decision AS decision
              WHERE \(fragment: plant.owns("decision")) AND decision.decided_at >= \(from)
                AND \(fragment: isNew("decision"))
              UNION ALL
              SELECT audit.recorded_at, 'operator', audit.action, audit.object_id, 0,
                json_build_object('by', audit.actor_name, 'object', audit.object_type, 'reason', audit.reason)
              FROM millwright.audit_entry AS audit
              WHERE \(fragment: plant.owns("audit")) AND audit.audit_entry_id >= \(key) AND \(fragment: isNew("audit"))
              UNION ALL
              SELECT change.changed_at, 'runner', change.observed_state, change.epoch::text, change.number,
                json_build_object('desired', change.desired_state)
              FROM millwright.runner_change AS change
              WHERE \(fragment: plant.owns("change")) AND change.changed_at >= \(from)
                AND \(fragment: isNew("change"))
            ) AS entry
            ORDER BY at, source, subject, number
            OFFSET \(position.skip)
            LIMIT \(Self.pageEntries + 1)
            """
    }
}

extension PlantTimeline.Entry {
    init(row: Row, _ position: TimelinePosition) throws {
        guard let source = PlantTimeline.Source(rawValue: try row.decode("source")) else {
            throw Problem(.internalError, "The timeline has an unknown source.")
        }
        let detail: JSONObject = try row.decode("detail", as: JSONValue.self).objectValue ?? [:]
        let present = detail.filter { !$0.value.isNull }.map { ($0.key, $0.value) }
        self.init(
            at: try row.decode("at"), source: source, what: try row.decode("what"), subject: try row.decode("subject"),
            detail: present.isEmpty ? nil : .object(JSONObject(uniqueKeysWithValues: present)), position: position)
    }
}
