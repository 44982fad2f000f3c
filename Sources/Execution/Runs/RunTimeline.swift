package import Database
package import JSON
package import Primitives
package import Workflow

/// What happened in a run, in order.
package struct RunTimeline: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package var ordinal: Int
        /// The transition that recorded it.
        package var sequence: Int64
        package var kind: JournalEntry.Kind
        package var taskReference: String?
        package var taskType: String?
        package var function: String?
        package var attempt: Int
        package var startedAt: Timestamp
        package var endedAt: Timestamp
        package var input: JSONValue?
        package var output: JSONValue?
        package var error: JSONValue?
        /// Who decided or answered, which case was taken, the wait's id.
        package var detail: JSONValue?

        package var duration: Duration { endedAt.duration(since: startedAt) }
    }

    package var entries: [Entry]
    /// The people's part: each task with its decision; of many the newest.
    package var humanTasks: [HumanTask]
    /// The ordinal to go on after, when there is more.
    package var next: Int?
    /// The month of the run's journal was dropped: what is missing did happen.
    package var hasAgedOut = false
}

extension RunDirectory {
    package static let timelineEntries = 500
    package static let timelineHumanTasks = 200

    /// The entries of a page, as far as their values fit, and how many there are at least: its plan is tested.
    package static func statement(of id: RunID, in scope: TenantScope, after: Int) -> Statement {
        .fitting(
            """
            SELECT entry.*, \(raw: Self.entryBytes) AS bytes
            FROM (
              SELECT *
              FROM millwright.journal AS entry
              WHERE \(fragment: scope.owns("entry")) AND entry.run_id = \(id)
                AND entry.ordinal > \(Int32(clamping: after))
              ORDER BY entry.ordinal
              LIMIT \(Self.timelineEntries + 1)
            ) AS entry
            """, order: "ordinal")
    }

    private static let entryBytes: StaticString = """
        octet_length(coalesce(entry.input::text, '')) + octet_length(coalesce(entry.output::text, ''))
        + octet_length(coalesce(entry.error::text, '')) + octet_length(coalesce(entry.detail::text, ''))
        """

    private static func newestTasks(of id: RunID, _ plant: PlantKey) -> Statement {
        .fitting(
            """
            SELECT task.*, octet_length(coalesce(task.form::text, '')) + octet_length(coalesce(task.evidence::text, '')) AS bytes
            FROM (
              SELECT *
              FROM millwright.human_task AS task
              WHERE \(fragment: plant.owns("task")) AND task.run_id = \(id)
              ORDER BY task.human_task_id DESC
              LIMIT \(Self.timelineHumanTasks)
            ) AS task
            """, order: "human_task_id DESC")
    }

    /// - Parameter after: the ordinal of the last entry that the reader has; 0 from the beginning.
    package func timeline(of id: RunID, in scope: TenantScope, after: Int = 0) async throws -> RunTimeline {
        let plant = try PlantKey(scope)
        let rows = try await database.readPipeline(
            scope,
            [
                """
                SELECT millwright.has_aged_out(\(AgeingTable.journal.rawValue), run.run_id) AS has_aged_out
                FROM millwright.run AS run
                WHERE \(fragment: plant.owns("run")) AND run.run_id = \(id)
                """,
                Self.statement(of: id, in: plant.scope, after: after),
                """
                SELECT \(raw: HumanTask.columns)
                FROM (\(fragment: Self.newestTasks(of: id, plant))) AS task
                \(raw: HumanTask.joins)
                ORDER BY task.human_task_id
                """,
            ])
        guard let run = rows[0].first else { throw Problem.notFound("run") }
        let entries = try rows[1].prefix(Self.timelineEntries).map(RunTimeline.Entry.init(row:))
        let found = try rows[1].first?.decode("candidates", as: Int.self) ?? 0
        return RunTimeline(
            entries: entries, humanTasks: try rows[2].map(HumanTask.init(row:)),
            next: found > entries.count ? entries.last?.ordinal : nil,
            hasAgedOut: try run.decode("has_aged_out"))
    }
}

extension RunTimeline.Entry {
    fileprivate init(row: Row) throws {
        self.init(
            ordinal: try row.decode("ordinal"), sequence: try row.decode("sequence"), kind: try row.decode("kind"),
            taskReference: try row.decode("task_reference", as: String?.self),
            taskType: try row.decode("task_type", as: String?.self),
            function: try row.decode("function", as: String?.self), attempt: try row.decode("attempt"),
            startedAt: try row.decode("started_at"), endedAt: try row.decode("ended_at"),
            input: try row.decode("input", as: JSONValue?.self), output: try row.decode("output", as: JSONValue?.self),
            error: try row.decode("error", as: JSONValue?.self), detail: try row.decode("detail", as: JSONValue?.self))
    }
}
