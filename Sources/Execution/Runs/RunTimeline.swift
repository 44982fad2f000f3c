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
    /// Of the values on one page; the entry, or the human task, that passes it is the page's last.
    static let timelineBytes = 8 << 20

    /// The entries of a page, and how many there are at least: its plan is tested.
    package static func statement(of id: RunID, in scope: TenantScope, after: Int) -> Statement {
        """
        SELECT ordinal, sequence, kind, task_reference, task_type, function, attempt, started_at, ended_at, input,
          output, error, detail, found
        FROM (
          SELECT entry.*, count(*) OVER () AS found,
            coalesce(
              sum(\(raw: Self.entryBytes)) OVER (
                ORDER BY entry.ordinal ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
              > \(Int64(Self.timelineBytes)) AS beyond
          FROM (
            SELECT *
            FROM millwright.journal AS entry
            WHERE \(fragment: scope.owns("entry")) AND entry.run_id = \(id)
              AND entry.ordinal > \(Int32(clamping: after))
            ORDER BY entry.ordinal
            LIMIT \(Self.timelineEntries + 1)
          ) AS entry
        ) AS entry
        WHERE NOT beyond
        ORDER BY ordinal
        """
    }

    private static let entryBytes: StaticString = """
        octet_length(coalesce(entry.input::text, '')) + octet_length(coalesce(entry.output::text, ''))
        + octet_length(coalesce(entry.error::text, '')) + octet_length(coalesce(entry.detail::text, ''))
        """

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
                FROM (
                  SELECT task.*,
                    coalesce(
                      sum(octet_length(coalesce(task.form::text, '')) + octet_length(coalesce(task.evidence::text, ''))) OVER (
                        ORDER BY task.human_task_id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
                      > \(Int64(Self.timelineBytes)) AS beyond
                  FROM (
                    SELECT *
                    FROM millwright.human_task AS task
                    WHERE \(fragment: plant.owns("task")) AND task.run_id = \(id)
                    ORDER BY task.human_task_id DESC
                    LIMIT \(Self.timelineHumanTasks)
                  ) AS task
                ) AS task
                \(raw: HumanTask.joins)
                WHERE NOT task.beyond
                ORDER BY task.human_task_id
                """,
            ])
        guard let run = rows[0].first else { throw Problem.notFound("run") }
        let entries = try rows[1].prefix(Self.timelineEntries).map(RunTimeline.Entry.init(row:))
        let found = try rows[1].first?.decode("found", as: Int.self) ?? 0
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
