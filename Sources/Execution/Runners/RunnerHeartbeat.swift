import Database
import Primitives

/// A runner's sign of life: it is seen, it is ready, and the seconds since the last sign are metered.
///
/// Whole seconds are metered, and `metered_until` moves by just those, so that nothing is lost to rounding.
struct RunnerHeartbeat: Sendable {
    let plant: PlantKey
    let epoch: Int64
    let now: Timestamp

    /// Answers `desired_state`; nothing for a runner of another epoch.
    var statement: Statement {
        """
        WITH before AS (
          SELECT runner.metered_until,
            greatest(0, floor(extract(epoch FROM \(now) - runner.metered_until)))::bigint AS seconds
          FROM millwright.runner AS runner
          WHERE \(fragment: plant.owns("runner")) AND runner.epoch = \(epoch)
          FOR UPDATE
        ), seen AS (
          UPDATE millwright.runner AS runner
          SET last_seen_at = \(now), observed_state = 'ready', ready_at = coalesce(runner.ready_at, \(now)),
            metered_until = coalesce(before.metered_until + make_interval(secs => before.seconds), \(now)),
            meter_sequence = runner.meter_sequence + 1, detail = NULL
          FROM before
          WHERE \(fragment: plant.owns("runner")) AND runner.epoch = \(epoch)
          RETURNING runner.runner_id, runner.meter_sequence, runner.desired_state, before.seconds
        ), metered AS (
          INSERT INTO millwright.usage_record (
            partner_id, client_id, plant_id, meter, subject_id, sequence, quantity, occurred_at, recorded_at)
          SELECT
            \(fragment: plant.values), \(Meter.runnerSeconds), seen.runner_id, seen.meter_sequence, seen.seconds,
            \(now), now()
          FROM seen
          WHERE seen.seconds > 0
        )
        SELECT seen.desired_state FROM seen
        """
    }

    static func mustStop(_ rows: Rows) throws -> Bool {
        try rows.first?.decode("desired_state", as: String.self) == "stopped"
    }
}
