package import Database
import JSON
package import Primitives
import Tenancy

/// Tells what happened to tasks as events of their plants (`millwright.human-task.opened`, …), so that a workflow can send
/// a mail or a message.
///
/// What is to be told was written with what happened. Here it becomes an event in the transaction that deletes it, under a
/// lock, so that each is told once. An event follows from the task's run: the length of the chain counts.
package struct TaskAnnouncer: Sendable {
    package static let typePrefix = "millwright.human-task."
    /// Told at once.
    static let maximumAnnouncements = 100

    private let database: Database
    private let board: DispatchBoard
    private let triggers: TriggerCache
    private let filters = FilterCache()
    private let ids = OrderedIdentifiers()
    private let clock: any WallClock

    package init(
        database: Database, board: DispatchBoard, triggers: any TriggerSource,
        clock: any WallClock = SystemWallClock()
    ) {
        self.database = database
        self.board = board
        self.triggers = TriggerCache(triggers)
        self.clock = clock
    }

    /// Tells what waits. Answers whether there may be more.
    /// - Throws: what went wrong in a plant, when all the others have been told.
    package func tell() async throws -> Bool {
        let rows = try await database.readPipeline(
            .platform,
            [
                """
                SELECT partner_id, client_id, plant_id
                FROM millwright.human_task_announcement
                GROUP BY partner_id, client_id, plant_id
                ORDER BY min(made_at)
                """
            ])[0]
        var isMore = false
        var failure: (any Error)?
        for row in rows {
            do {
                if try await tell(in: try PlantKey(try row.scope())) == Self.maximumAnnouncements { isMore = true }
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return isMore
    }

    /// The plant's own: a fault of one plant's workflows is not another's.
    private func tell(in plant: PlantKey) async throws -> Int {
        let now = clock.now()
        let notification = board.notification(for: plant)
        // Read before the transaction: one that holds a connection should not wait for another.
        _ = try await triggers.triggers(of: plant)
        let (count, emission) = try await database.transaction(plant.scope) { transaction in
            let rows = try await transaction.query(Self.taking(plant))
            guard !rows.isEmpty else { return (0, EmittedEvents.Emission()) }
            let told = try rows.map { try Told(row: $0) }
            let runs = Dictionary(told.map { ($0.run.runID, $0.run) }, uniquingKeysWith: { first, _ in first })
            let events = EmittedEvents(plant: plant, ids: ids, filters: filters, triggers: triggers, now: now)
            let emission = try await events.publish(
                told.map { ($0.run.runID, $0.event) }, of: runs, in: transaction)
            if emission.startedRuns || emission.answeredRuns, let notification {
                try await transaction.execute(notification)
            }
            return (rows.count, emission)
        }
        if emission.startedRuns || emission.answeredRuns { board.wake([.pending, .inputs], plant.plantID) }
        return count
    }

    private static func taking(_ plant: PlantKey) -> Statement {
        """
        WITH taken AS (
          DELETE FROM millwright.human_task_announcement AS announcement
          WHERE \(fragment: plant.owns("announcement")) AND announcement.announcement_id IN (
            SELECT next.announcement_id
            FROM millwright.human_task_announcement AS next
            WHERE \(fragment: plant.owns("next"))
            ORDER BY next.made_at
            LIMIT \(maximumAnnouncements)
            FOR UPDATE SKIP LOCKED)
          RETURNING announcement.announcement_id, announcement.human_task_id, announcement.kind, announcement.detail,
            announcement.made_at
        )
        SELECT \(raw: HumanTask.columns), taken.announcement_id, taken.kind, taken.detail, taken.made_at, run.chain_depth
        FROM taken
        JOIN millwright.human_task AS task
          ON \(fragment: plant.owns("task")) AND task.human_task_id = taken.human_task_id
        JOIN millwright.run AS run
          ON \(fragment: plant.owns("run")) AND run.run_id = task.run_id
        \(raw: HumanTask.joins)
        ORDER BY taken.made_at
        """
    }

    private struct Told {
        var run: CommitBatch.Moved
        var event: JSONValue

        init(row: Row) throws {
            let task = try HumanTask(row: row)
            let kind = try row.decode("kind", as: String.self)
            var causes = RunCauses()
            for initiator in task.initiators { causes.add(RunCauses(initiator: initiator)) }
            for requester in task.requesters { causes.add(RunCauses(requestedBy: requester)) }
            run = CommitBatch.Moved(
                runID: task.runID, workflowID: task.workflowID, hasParent: false,
                chainDepth: try row.decode("chain_depth"), causes: causes)
            event = [
                "specversion": "1.0", "id": .string(try row.decode("announcement_id", as: UUIDv7.self).description),
                "source": .string("millwright/human-tasks"), "type": .string(TaskAnnouncer.typePrefix + kind),
                "subject": .string(task.id.description),
                "time": .string(try row.decode("made_at", as: Timestamp.self).description),
                "data": task.announced(kind, try row.decode("detail")),
            ]
        }
    }
}

extension HumanTask {
    /// What a workflow needs to write to people. The form's values and the evidence are not among it.
    fileprivate func announced(_ kind: String, _ detail: JSONValue) -> JSONValue {
        var object: JSONObject = [
            "kind": .string(kind), "task": .string(id.description), "run": .string(runID.description),
            "workflow": .string(workflowName), "title": .string(title), "priority": JSONValue(priority),
            "roles": .texts(roles.map(\.rawValue)), "principals": .texts(people),
            "path": .string("/portal/plants/\(scope.plantID?.description ?? "")/tasks/\(id)"),
        ]
        if let dueAt { object["dueAt"] = .string(dueAt.description) }
        if let assignee {
            object["assignee"] = ["id": .string(assignee.description), "name": .string(assigneeName ?? "")]
        }
        for (name, value) in detail.objectValue ?? [:] { object[name] = value }
        return .object(object)
    }
}
