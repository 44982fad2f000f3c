import Database
package import Logging
import Primitives
import ServiceLifecycle
import Tenancy

/// Acts when a human task is due, is to be escalated or somebody is to be reminded, and tells what happened to tasks.
///
/// It sleeps until the earliest such moment of the whole platform, or until it is told that there is a new one. Several
/// processes may run it: a task is acted on under its row's lock, and only while the moment that was read still stands.
package struct Deadlines: Service {
    private let service: HumanTaskService
    private let bell: DeadlineBell
    private let announcer: TaskAnnouncer?
    private let logger: Logger

    /// - Parameter announcer: tells the plants' own events; without one what is to be told waits for another process.
    package init(
        service: HumanTaskService, bell: DeadlineBell, announcer: TaskAnnouncer? = nil, logger: Logger
    ) {
        self.service = service
        self.bell = bell
        self.announcer = announcer
        self.logger = logger
    }

    package func run() async throws {
        await RepeatedLook(
            complaint: "deadlines cannot be looked at", pauseAfterFailureSeconds: DueTasks.pauseAfterFailureSeconds,
            logger: logger
        ).run(look: act) { pause in
            if pause > 0 { await bell.wait(seconds: pause, since: service.clock.now()) }
        }
    }

    /// Acts on what is due; answers the seconds until the next look. A task that cannot be acted on keeps nobody else's
    /// waiting.
    package func act() async throws -> Double {
        let due = try await due(at: service.clock.now())
        let failures = await due.act { scope, id in
            try await service.actOnDeadline(of: id, in: scope)
        } failed: { task, error in
            logger.warning("a deadline was not acted on", metadata: ["task": "\(task.id)", "reason": "\(error)"])
        }
        let isMoreToTell = try await announcer?.tell() ?? false
        return isMoreToTell ? 0 : due.pause(failures: failures, at: service.clock.now())
    }

    private typealias DueTasks = DueItems<(scope: TenantScope, id: HumanTaskID)>

    private func due(at now: Timestamp) async throws -> DueTasks {
        let rows = try await service.database.readPipeline(
            .platform,
            [
                """
                SELECT partner_id, client_id, plant_id, human_task_id
                FROM millwright.human_task AS task
                WHERE task.next_action_at <= \(now)
                ORDER BY task.next_action_at
                LIMIT \(DueTasks.maximum)
                """,
                """
                SELECT min(task.next_action_at) AS next
                FROM millwright.human_task AS task
                WHERE task.next_action_at > \(now)
                """,
            ])
        return DueTasks(
            items: try rows[0].map { (try $0.scope(), try $0.decode("human_task_id")) },
            next: try rows[1].first?.decode("next", as: Timestamp?.self))
    }
}
