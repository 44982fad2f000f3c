import Primitives
import Subprocess
import SystemPackage

/// The least that PostgreSQL has to do for what a bench measures: the same rows under forced row-level security, in
/// batches, without anything of ours between. `pgbench` sends it; the better of one and two clients counts.
struct PostgresFloor: Sendable {
    /// Rows of one transaction.
    static let batch = 200
    static let seconds = 4

    let cluster: PrivateCluster

    enum Work: Sendable {
        /// Events stored.
        case intake
        /// Events stored one a transaction, as whoever gives each sender an answer of its own does.
        case singleCommit
        /// Events stored, their runs started and completed, with a journal and a usage record each.
        case cycle
    }

    /// Makes the floor's own database. Once a cluster.
    func prepare() async throws {
        _ = try await psql("postgres", "CREATE ROLE floor_app LOGIN;")
        _ = try await psql("postgres", "CREATE DATABASE floor;")
        _ = try await psql("floor", Self.schema)
    }

    /// - Returns: rows (events or runs) a second.
    func measure(_ work: Work) async throws -> Double {
        let script =
            switch work {
            case .intake: Self.intake
            case .singleCommit: Self.singleCommit
            case .cycle: Self.intakeWithRuns + Self.completion
            }
        let path = cluster.socketDirectory + "/floor.sql"
        try FileText.write(script, to: path, mode: 0o644, owner: cluster.account)
        var best = 0.0
        let rows = work == .singleCommit ? 1 : Self.batch
        for clients in work == .singleCommit ? [8, 32] : [1, 2] {
            let output = try await cluster.output(
                "pgbench",
                [
                    "--no-vacuum", "--username", "floor_app", "--host", cluster.socketDirectory, "--port",
                    String(cluster.port), "--file", path, "--client", String(clients), "--jobs",
                    String(min(clients, 2)),
                    "--time", String(Self.seconds), "floor",
                ])
            guard let line = output.split(separator: "\n").first(where: { $0.hasPrefix("tps = ") }),
                let rate = line.split(separator: " ").dropFirst(2).first.flatMap({ Double($0) })
            else { throw Problem(.internalError, "pgbench did not say how much it did: \(output)") }
            best = max(best, rate * Double(rows))
        }
        return best
    }

    private func psql(_ database: String, _ sql: String) async throws -> String {
        try await cluster.output(
            "psql",
            [
                "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--username", cluster.superuser, "--host",
                cluster.socketDirectory, "--port", String(cluster.port), "--dbname", database, "--command", sql,
            ])
    }

    private static let partner = "0190a000-0000-7000-8000-00000000000a"
    private static let plant = "0190a000-0000-7000-8000-00000000000b"

    /// The tables hold what must outlast a run and nothing else. Finished runs are there first, so that the planner sees
    /// a table in use.
    private static let schema = """
        CREATE TABLE event (
          partner_id uuid, plant_id uuid, event_id uuid, source text, source_event_id text, type text, data json,
          received_at timestamptz DEFAULT now(),
          PRIMARY KEY (partner_id, plant_id, event_id), UNIQUE (partner_id, plant_id, source, source_event_id));
        CREATE TABLE run (
          partner_id uuid, plant_id uuid, run_id uuid, workflow_id uuid, status text, wake_at timestamptz,
          sequence integer, state json, PRIMARY KEY (partner_id, plant_id, run_id));
        CREATE INDEX ON run (partner_id, plant_id, run_id) WHERE status = 'pending';
        CREATE INDEX ON run (partner_id, plant_id, wake_at) WHERE status = 'waiting';
        CREATE TABLE journal (
          partner_id uuid, plant_id uuid, run_id uuid, ordinal integer, recorded_at timestamptz, entries json,
          PRIMARY KEY (partner_id, plant_id, run_id, ordinal));
        CREATE TABLE usage (
          partner_id uuid, plant_id uuid, meter text, run_id uuid, quantity bigint, occurred_at timestamptz,
          PRIMARY KEY (partner_id, plant_id, meter, run_id));
        DO $$
        DECLARE name text;
        BEGIN
          FOREACH name IN ARRAY ARRAY['event', 'run', 'journal', 'usage'] LOOP
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
            EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
            EXECUTE format(
              'CREATE POLICY tenant ON %I USING (partner_id = nullif(current_setting(%L, true), %L)::uuid)',
              name, 'floor.partner', '');
            EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO floor_app', name);
          END LOOP;
        END $$;
        INSERT INTO run
        SELECT '\(partner)', '\(plant)', gen_random_uuid(), '\(plant)', 'completed', NULL, 2, '{}'
        FROM generate_series(1, 20000);
        ANALYZE run;
        """

    private static let scope = "BEGIN;\nSELECT set_config('floor.partner', '\(partner)', true);\n"

    private static let newEvents = events(batch)

    private static func events(_ count: Int) -> String {
        """
        INSERT INTO event (partner_id, plant_id, event_id, source, source_event_id, type, data)
        SELECT '\(partner)', '\(plant)', gen_random_uuid(), 'press-7', gen_random_uuid()::text, 'reading',
          '{"asset":"press-7","value":91.2,"unit":"C","line":"L1","text":"the bucket does not open"}'
        FROM generate_series(1, \(count))
        """
    }

    private static let singleCommit = scope + events(1) + ";\nCOMMIT;\n"

    private static let intake = scope + newEvents + ";\nCOMMIT;\n"

    private static let intakeWithRuns =
        scope + """
            WITH stored AS (\(newEvents) RETURNING partner_id, plant_id, event_id)
            INSERT INTO run (partner_id, plant_id, run_id, workflow_id, status, sequence, state)
            SELECT partner_id, plant_id, event_id, plant_id, 'pending', 0, '{"input":{"asset":"press-7","value":91.2}}'
            FROM stored;
            COMMIT;

            """

    private static let completion =
        scope + """
            WITH taken AS MATERIALIZED (
              SELECT partner_id, plant_id, run_id FROM run
              WHERE partner_id = '\(partner)' AND plant_id = '\(plant)' AND status = 'pending'
              LIMIT \(batch) FOR UPDATE SKIP LOCKED
            ), ended AS (
              UPDATE run SET status = 'completed', sequence = 2, state = '{"output":{"severity":"high"}}'
              FROM taken
              WHERE run.partner_id = taken.partner_id AND run.plant_id = taken.plant_id AND run.run_id = taken.run_id
              RETURNING run.partner_id, run.plant_id, run.run_id
            ), written AS (
              INSERT INTO journal
              SELECT partner_id, plant_id, run_id, 1, now(),
                '[{"task":"/do/0/classify","kind":"task-completed"},{"task":"/do/1/conclude","kind":"task-completed"}]'
              FROM ended
            )
            INSERT INTO usage
            SELECT partner_id, plant_id, 'runs', run_id, 1, now() FROM ended;
            COMMIT;

            """
}
