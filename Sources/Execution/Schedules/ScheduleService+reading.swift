import Database
import Primitives
import Tenancy
import Workflow

/// What a turn reads.
extension ScheduleService {
    /// The workflow and its plant, as they are while its lock is held.
    struct Place: Sendable {
        var digest: String
        var isEnabled: Bool
        /// The plant, its client and its partner.
        var isActive: Bool
        var timeZone: String
    }

    /// `nil` when somebody else is at the workflow.
    func lockedPlace(_ key: WorkflowKey, in transaction: TenantTransaction) async throws -> Place? {
        let row = try await transaction.one(
            """
            SELECT workflow.digest, workflow.is_enabled, plant.time_zone,
              plant.status = 'active' AND client.status = 'active' AND partner.status = 'active' AS is_active
            FROM millwright.workflow AS workflow
            JOIN millwright.plant AS plant ON \(fragment: key.plant.owns("plant"))
            JOIN millwright.client AS client
              ON client.partner_id = plant.partner_id AND client.client_id = plant.client_id
            JOIN millwright.partner AS partner ON partner.partner_id = plant.partner_id
            WHERE \(fragment: key.plant.owns("workflow")) AND workflow.workflow_id = \(key.workflowID)
            FOR NO KEY UPDATE OF workflow SKIP LOCKED
            """)
        guard let row else { return nil }
        return Place(
            digest: try row.decode("digest"), isEnabled: try row.decode("is_enabled"),
            isActive: try row.decode("is_active"), timeZone: try row.decode("time_zone"))
    }

    func rows(of key: WorkflowKey, in transaction: TenantTransaction) async throws -> [ScheduleRow] {
        try await transaction.query(ScheduleRow.selection(of: key)).map(ScheduleRow.init(row:))
    }

    // MARK: Zones

    /// The rules that a workflow's schedules may need, by name.
    struct Zones: Sendable {
        var known: [String: TimeZoneRules] = [:]
        var problems: [String: String] = [:]

        func choice(for row: ScheduleRow, _ place: Place) -> Result<ZoneChoice, UnknownZone> {
            guard row.rule.needsZone else { return .success(ZoneChoice(name: nil, isPlants: false, rules: .utc)) }
            let name = row.rule.policy.timeZone ?? place.timeZone
            guard let rules = known[name] else {
                return .failure(UnknownZone(zone: name, message: problems[name]))
            }
            return .success(ZoneChoice(name: name, isPlants: row.rule.policy.timeZone == nil, rules: rules))
        }
    }

    struct ZoneChoice: Sendable {
        var name: String?
        var isPlants: Bool
        var rules: TimeZoneRules
    }

    struct UnknownZone: Error {
        var zone: String
        /// `nil` when its rules were not asked for.
        var message: String?
    }

    func zones(of key: WorkflowKey) async throws -> Zones {
        let rows = try await database.readPipeline(
            key.plant.scope,
            [
                """
                SELECT coalesce(schedule.rule ->> 'timeZone', plant.time_zone) AS time_zone
                FROM millwright.workflow_schedule AS schedule
                JOIN millwright.plant AS plant ON \(fragment: key.plant.owns("plant"))
                WHERE \(fragment: key.plant.owns("schedule")) AND schedule.workflow_id = \(key.workflowID)
                  AND schedule.kind = 'cron'
                """
            ])[0]
        var zones = Zones()
        for row in rows {
            let name: String = try row.decode("time_zone")
            do {
                zones.known[name] = try await self.zones.rules(of: name)
            } catch {
                if Task.isCancelled || Self.passes(error) { throw error }
                zones.problems[name] = String("The time zone \(name) is not known here: \(error)".prefix(500))
            }
        }
        return zones
    }
}
