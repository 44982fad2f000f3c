import Database
import Execution
import Foundation
import JSON
import Primitives
import Synchronization
import Tenancy
import TestSupport
import Workflow

/// The machine's own zone files.
struct TestZones: TimeZoneSource {
    func rules(of name: String) async throws -> TimeZoneRules {
        guard SchedulePolicy.isZoneName(name) else { throw Problem.notFound("zone") }
        return try TimeZoneRules(file: Array(try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/" + name))))
    }
}

/// Fails as often as it is told to, then reads the machine's files.
final class FailingZones: TimeZoneSource {
    private let failures: Mutex<Int>
    private let error: any Error
    /// What happens before it fails.
    private let before: @Sendable () async throws -> Void

    init(_ failures: Int, _ error: any Error, before: @escaping @Sendable () async throws -> Void = {}) {
        self.failures = Mutex(failures)
        self.error = error
        self.before = before
    }

    func rules(of name: String) async throws -> TimeZoneRules {
        let fails = failures.withLock { left in
            left -= 1
            return left >= 0
        }
        guard fails else { return try await TestZones().rules(of: name) }
        try await before()
        throw error
    }
}

extension ShellFixture {
    var schedules: ScheduleService { schedules(zones: TestZones()) }

    func schedules(zones: any TimeZoneSource) -> ScheduleService {
        ScheduleService(database: database, board: board, zones: zones, clock: clock, logger: PostgresFixture.logger)
    }

    /// The clock's column of the workflow's only schedule.
    func scheduled(_ column: Statement, _ id: WorkflowID) async throws -> Timestamp? {
        try await database.readPipeline(
            scope,
            ["SELECT \(fragment: column) AS moment FROM millwright.workflow_schedule WHERE workflow_id = \(id)"])[0][0]
            .decode("moment", as: Timestamp?.self)
    }

    /// A workflow with these schedules, as the catalogue would store them.
    @discardableResult
    func addTimed(_ name: String, _ rules: TimedRule...) async throws -> WorkflowID {
        let id = try await addWorkflow(name)
        for rule in rules { try await setSchedule(rule, of: id) }
        return id
    }

    func setSchedule(_ rule: TimedRule, of id: WorkflowID) async throws {
        _ = try await database.pipeline(
            scope,
            [
                """
                INSERT INTO millwright.workflow_schedule AS schedule (
                  partner_id, client_id, plant_id, workflow_id, kind, rule, status, next_due_at)
                VALUES (
                  \(place.partnerID), \(place.clientID), \(place.plantID), \(id), \(rule.kind.rawValue), \(rule.json),
                  'new', to_timestamp(0))
                ON CONFLICT (partner_id, client_id, plant_id, workflow_id, kind) DO UPDATE
                SET rule = EXCLUDED.rule, status = 'new', detail = NULL, next_moment = NULL, next_due_at = EXCLUDED.next_due_at,
                  queued_moment = NULL, awaits_run_id = NULL
                """
            ])
    }

    /// A workflow that several events start: for each its type and what it correlates by.
    @discardableResult
    func addWorkflow(_ name: String, startedByAll places: [(type: String, correlations: JSONValue)]) async throws
        -> WorkflowID
    {
        let id = try await addWorkflow(name)
        try await addTriggers(places, of: id)
        return id
    }

    func addTriggers(_ places: [(type: String, correlations: JSONValue)], of id: WorkflowID) async throws {
        for (position, trigger) in places.enumerated() {
            let filter: JSONValue = ["attributes": ["type": .string(trigger.type)]]
            _ = try await database.pipeline(
                scope,
                [
                    """
                    INSERT INTO millwright.workflow_trigger (
                      partner_id, client_id, plant_id, workflow_id, position, event_type, filter, set_size, correlations)
                    VALUES (
                      \(place.partnerID), \(place.clientID), \(place.plantID), \(id), \(Int32(position)),
                      \(trigger.type), \(filter), \(Int32(places.count)), \(trigger.correlations))
                    """
                ])
        }
    }

    /// Lets the service do all that is due now.
    func settle(_ service: ScheduleService? = nil) async throws {
        let service = service ?? schedules
        while try await service.act() == 0 {}
    }

    func move(to moment: String) {
        guard let moment = Timestamp(moment) else { return }
        clock.advance(seconds: moment.unixSeconds - clock.now().unixSeconds)
    }

    /// The moments for which runs were started, in the order of their starts.
    func startedMoments(of workflow: WorkflowID? = nil) async throws -> [Timestamp] {
        let rows = try await database.readPipeline(
            scope,
            [
                """
                SELECT scheduled_at FROM millwright.run
                WHERE scheduled_at IS NOT NULL AND (\(workflow)::uuid IS NULL OR workflow_id = \(workflow))
                ORDER BY run_id
                """
            ])[0]
        return try rows.map { try $0.decode("scheduled_at") }
    }

    func timing(_ workflow: WorkflowID) async throws -> PlantSchedule.Timing? {
        try await runs.schedules.list(in: scope, page: PageRequest()).items.first { $0.workflowID == workflow }?
            .timings.first
    }

    /// Ends every open run.
    func endRuns() async throws {
        for run in try await runs.list(in: scope, page: PageRequest()).items where !run.status.isFinal {
            try await runs.cancel(run.id, in: scope, reason: "test", by: .system)
        }
    }
}
