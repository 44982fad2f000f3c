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
    /// Of an error or a detail; more is cut off.
    static let valueBytes = 4_000
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
            return TimelinePosition(since: clock.now().adding(seconds: -backSeconds), seen: Self.nothing)
        }
        let now = clock.now()
        return TimelinePosition(since: now, seen: try await snapshot(in: scope))
    }

    /// The snapshot of a reader that has seen nothing.
    static let nothing = "1:1:"

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
        var list: TimelinePosition.List
        if let begun = position.list {
            list = begun
        } else {
            let slack = position.seen == Self.nothing ? 0 : Self.slackSeconds
            list = .init(
                until: try await snapshot(in: scope), untilAt: now, at: position.since.adding(seconds: -slack), skip: 0)
        }
        let rows = try await database.readPipeline(scope, [statement(plant, position.seen, list)])[0]
        var entries: [Entry] = []
        for row in rows.prefix(Self.pageEntries) {
            let at: Timestamp = try row.decode("at")
            list.skip = at == list.at ? list.skip + 1 : 1
            list.at = at
            entries.append(
                try Entry(row: row, TimelinePosition(since: position.since, seen: position.seen, list: list)))
        }
        if rows.count > Self.pageEntries, let last = entries.last { return (entries, last.position) }
        // Everything up to `until` was read: the next look begins there, and the slack moves with it.
        return (entries, TimelinePosition(since: list.untilAt, seen: list.until))
    }

    /// The statement of a page inside a list: its plan is tested.
    package func statement(in scope: TenantScope, after position: TimelinePosition) throws -> Statement {
        let list =
            position.list ?? .init(until: position.seen, untilAt: position.since, at: position.since, skip: 0)
        return statement(try PlantKey(scope), position.seen, list)
    }

    /// Each part answers its first rows in the order of the whole, so that a page costs a page however long the list is.
    private func statement(_ plant: PlantKey, _ seen: String, _ list: TimelinePosition.List) -> Statement {
        let limit = list.skip + Self.pageEntries + 1
        func isNew(_ alias: StaticString) -> Statement {
            """
            NOT pg_visible_in_snapshot(millwright.full_xid(\(raw: alias).xmin), \(seen)::pg_snapshot)
            AND pg_visible_in_snapshot(millwright.full_xid(\(raw: alias).xmin), \(list.until)::pg_snapshot)
            """
        }
        return """
            SELECT at, source, what, subject, detail
            FROM (
              (SELECT entry.recorded_at AS at,
                CASE WHEN entry.task_reference IS NULL THEN 'run' ELSE 'human-task' END COLLATE "C" AS source,
                entry.kind AS what, entry.run_id::text COLLATE "C" AS subject, lpad(entry.ordinal::text, 10, '0') COLLATE "C" AS number,
                json_build_object(
                  'task', entry.task_reference, 'error', \(fragment: Self.shortened("entry.error")),
                  'detail', \(fragment: Self.shortened("entry.detail"))) AS detail
              FROM millwright.journal_entry AS entry
              WHERE \(fragment: plant.owns("entry"))
                AND (entry.task_reference IS NULL
                  OR (entry.kind = 'wait-opened' AND entry.function LIKE 'human-task:%'))
                AND entry.recorded_at >= \(list.at) AND \(fragment: isNew("entry"))
              ORDER BY at, source, subject, number
              LIMIT \(limit))
              UNION ALL
              (SELECT decision.decided_at AS at, 'decision' COLLATE "C" AS source, decision.outcome AS what,
                decision.human_task_id::text COLLATE "C" AS subject, lpad(decision.ordinal::text, 10, '0') COLLATE "C" AS number,
                json_build_object('by', decision.decided_by_name, 'role', decision.decided_as_role)
              FROM millwright.human_task_decision AS decision
              WHERE \(fragment: plant.owns("decision")) AND decision.decided_at >= \(list.at)
                AND \(fragment: isNew("decision"))
              ORDER BY at, source, subject, number
              LIMIT \(limit))
              UNION ALL
              (SELECT audit.recorded_at AS at, 'operator' COLLATE "C" AS source, audit.action AS what,
                audit.object_id COLLATE "C" AS subject, audit.audit_entry_id::text COLLATE "C" AS number,
                json_build_object('by', audit.actor_name, 'object', audit.object_type, 'reason', audit.reason)
              FROM millwright.audit_entry AS audit
              WHERE \(fragment: plant.owns("audit")) AND audit.recorded_at >= \(list.at)
                -- When somebody signs in is for those who read the audit.
                AND audit.action NOT LIKE 'session.%' AND \(fragment: isNew("audit"))
              ORDER BY at, source, subject, number
              LIMIT \(limit))
              UNION ALL
              (SELECT change.changed_at AS at, 'runner' COLLATE "C" AS source, change.observed_state AS what,
                change.epoch::text COLLATE "C" AS subject,
                lpad(change.number::text, 20, '0') COLLATE "C" AS number,
                json_build_object('desired', change.desired_state)
              FROM millwright.runner_change AS change
              WHERE \(fragment: plant.owns("change")) AND change.changed_at >= \(list.at)
                AND \(fragment: isNew("change"))
              ORDER BY at, source, subject, number
              LIMIT \(limit))
            ) AS entry
            ORDER BY at, source, subject, number
            OFFSET \(list.skip)
            LIMIT \(Self.pageEntries + 1)
            """
    }

    /// A value as it is; of a large one the beginning of its text, so that a page has a bounded size.
    private static func shortened(_ column: StaticString) -> Statement {
        """
        CASE WHEN octet_length(\(raw: column)::text) <= \(Int32(valueBytes)) THEN \(raw: column)
          ELSE to_json(left(\(raw: column)::text, \(Int32(valueBytes)))) END
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
