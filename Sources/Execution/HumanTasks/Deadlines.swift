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
    /// Tasks acted on before the next look.
    static let maximumTasks = 200
    /// Also when nothing was announced, so that a task that another process opened before it died is not missed.
    static let longestSleepSeconds: Double = 60
    static let pauseAfterFailureSeconds: Double = 5

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
            complaint: "deadlines cannot be looked at", pauseAfterFailureSeconds: Self.pauseAfterFailureSeconds,
            logger: logger
        ).run(look: act) { pause in
            if pause > 0 { await bell.wait(seconds: pause, since: service.clock.now()) }
        }
    }

    /// Acts on what is due; answers the seconds until the next look. A task that cannot be acted on keeps nobody else's
    /// waiting.
    package func act() async throws -> Double {
        let now = service.clock.now()
        let due = try await due(at: now)
        var failures = 0
        for (scope, id) in due.tasks {
            do {
                try await service.actOnDeadline(of: id, in: scope)
            } catch {
                logger.warning("a deadline was not acted on", metadata: ["task": "\(id)", "reason": "\(error)"])
                failures += 1
            }
        }
        let isMoreToTell = try await announcer?.tell() ?? false
        let isMoreDue = due.tasks.count == Self.maximumTasks && failures < due.tasks.count
        if isMoreDue || isMoreToTell { return 0 }
        if failures > 0 { return Self.pauseAfterFailureSeconds }
        guard let next = due.next else { return Self.longestSleepSeconds }
        return min(Self.longestSleepSeconds, max(0, next.unixSeconds - service.clock.now().unixSeconds))
    }

    private func due(at now: Timestamp) async throws -> (tasks: [(TenantScope, HumanTaskID)], next: Timestamp?) {
        let rows = try await service.database.readPipeline(
            .platform,
            [
                """
                SELECT partner_id, client_id, plant_id, human_task_id
                FROM millwright.human_task AS task
                WHERE task.next_action_at <= \(now)
                ORDER BY task.next_action_at
                LIMIT \(Self.maximumTasks)
                """,
                """
                SELECT min(task.next_action_at) AS next
                FROM millwright.human_task AS task
                WHERE task.next_action_at > \(now)
                """,
            ])
        return (
            try rows[0].map { (try $0.scope(), try $0.decode("human_task_id", as: HumanTaskID.self)) },
            try rows[1].first?.decode("next", as: Timestamp?.self)
        )
    }
}
