import ArgumentParser
import JSON
import Primitives

struct PayloadsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payloads",
        abstract: "What a run's values cost in the journal: written with each task, and once a run.")

    @OptionGroup var options: BenchOptions
    @Option(help: "Sizes of the value, in KB.") var sizes: [Int] = [2, 10, 45]
    @Option(help: "Runs that are written each way, three times.") var runs = 2_000

    func validate() throws {
        if sizes.isEmpty || !sizes.allSatisfy((1...200).contains) {
            throw ValidationError("--sizes are from 1 to 200.")
        }
        if !(100...20_000).contains(runs) { throw ValidationError("--runs is from 100 to 20000.") }
    }

    func run() async throws {
        let bench = PayloadsBench(sizes: sizes, runs: runs, report: options.report("payloads"))
        try await options.host().run { try await bench.measure($0) }
    }
}

/// Journal entries of runs whose four tasks hand one value on, stored both ways in turns by one session: the tables' bytes,
/// the bytes of the write-ahead log, and the time that the session's process had a processor. The best of three rounds.
struct PayloadsBench: Sendable {
    static let rounds = 3
    static let runsOfOneStatement = 20
    static let entries = 4

    let sizes: [Int]
    let runs: Int
    let report: BenchReport

    func measure(_ stage: BenchHost.Stage) async throws {
        for size in sizes {
            report.say("Values of \(size) KB …")
            let output = try await stage.cluster.payloadFigures(script(kilobytes: size))
            let found = try output.split(separator: "\n").map { line in
                guard let figure = Figure(line) else {
                    throw Problem(.internalError, "The database did not say what it wrote: \(line)")
                }
                return figure
            }
            for way in Way.allCases {
                let rounds = found.filter { $0.way == way }
                guard rounds.count == Self.rounds else { throw Problem(.internalError, "A round is missing.") }
                func best(_ value: (Figure) -> Double) -> Double { rounds.map(value).min() ?? 0 }
                let name = "\(size)-KB-\(way.rawValue)"
                report.figure("journal-bytes-\(name)", best(\.tableBytes) / Double(runs), unit: "bytes/run")
                report.figure("write-ahead-log-\(name)", best(\.logBytes) / Double(runs), unit: "bytes/run")
                report.figure(
                    "postgres-cpu-\(name)", best(\.processorNanoseconds) / 1e6 / Double(runs), unit: "ms/run")
            }
        }
    }

    enum Way: String, CaseIterable {
        /// The value in each entry, as its input and as its output.
        case copies
        /// The value in `run_payload`, its digest in the entries.
        case once
    }

    struct Figure {
        var way: Way
        var tableBytes: Double
        var logBytes: Double
        var processorNanoseconds: Double

        init?(_ line: Substring) {
            let parts = line.split(separator: "|").map(String.init)
            guard parts.count == 4, let way = Way(rawValue: parts[0]), let table = Double(parts[1]),
                let log = Double(parts[2]), let time = Double(parts[3])
            else { return nil }
            self.way = way
            tableBytes = table
            logBytes = log
            processorNanoseconds = time
        }
    }

    /// Values are readings of a machine, different in each run of a statement, so that they compress as such data does.
    private func script(kilobytes: Int) -> String {
        """
        CREATE TEMP TABLE figure (number integer GENERATED ALWAYS AS IDENTITY, way text, bytes numeric, log numeric,
          nanoseconds numeric);
        CREATE FUNCTION pg_temp.bytes() RETURNS bigint LANGUAGE sql AS $$
          SELECT sum(pg_table_size(inhrelid)) FROM pg_inherits
          WHERE inhparent IN ('millwright.journal_entry'::regclass, 'millwright.run_payload'::regclass) $$;
        CREATE FUNCTION pg_temp.processor() RETURNS bigint LANGUAGE sql AS $$
          SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::bigint $$;
        CREATE FUNCTION pg_temp.value() RETURNS json LANGUAGE sql VOLATILE AS $$
          SELECT json_build_object('asset', 'press-7', 'unit', 'C', 'readings', json_agg((random() * 1000)::numeric(7, 3)))
          FROM generate_series(1, \(kilobytes * 1000 / 9)) $$;
        DO $$
        DECLARE
          owner uuid := gen_random_uuid();
          vals json[] := ARRAY(SELECT pg_temp.value() FROM generate_series(1, \(Self.runsOfOneStatement)));
          digests bytea[] := ARRAY(SELECT sha256(convert_to(v::text, 'UTF8')) FROM unnest(vals) AS v);
          ids uuid[];
          way text;
          bytes bigint;
          log pg_lsn;
          used bigint;
        BEGIN
          FOR round IN 1..\(Self.rounds) LOOP
            FOREACH way IN ARRAY ARRAY['copies', 'once'] LOOP
              bytes := pg_temp.bytes();
              log := pg_current_wal_insert_lsn();
              used := pg_temp.processor();
              FOR statement IN 1..\(runs / Self.runsOfOneStatement) LOOP
                ids := ARRAY(
                  SELECT (left(millwright.first_key_at(clock_timestamp())::text, 13) || substr(gen_random_uuid()::text, 14))::uuid
                  FROM generate_series(1, \(Self.runsOfOneStatement)));
                IF way = 'copies' THEN
                  INSERT INTO millwright.journal_entry (partner_id, client_id, plant_id, run_id, ordinal, sequence, kind,
                    task_reference, task_type, attempt, started_at, ended_at, input, output)
                  SELECT owner, owner, owner, run.id, ordinal, 1, 'task-completed', '/do/1/step', 'set', 1, now(), now(),
                    run.value, run.value
                  FROM unnest(ids, vals) AS run (id, value) CROSS JOIN generate_series(1, \(Self.entries)) AS ordinal;
                ELSE
                  WITH kept AS (
                    INSERT INTO millwright.run_payload (partner_id, client_id, plant_id, run_id, digest, value)
                    SELECT owner, owner, owner, run.id, run.digest, run.value
                    FROM unnest(ids, digests, vals) AS run (id, digest, value))
                  INSERT INTO millwright.journal_entry (partner_id, client_id, plant_id, run_id, ordinal, sequence, kind,
                    task_reference, task_type, attempt, started_at, ended_at, input_digest, output_digest)
                  SELECT owner, owner, owner, run.id, ordinal, 1, 'task-completed', '/do/1/step', 'set', 1, now(), now(),
                    run.digest, run.digest
                  FROM unnest(ids, digests) AS run (id, digest) CROSS JOIN generate_series(1, \(Self.entries)) AS ordinal;
                END IF;
              END LOOP;
              INSERT INTO figure (way, bytes, log, nanoseconds)
              VALUES (way, pg_temp.bytes() - bytes, pg_current_wal_insert_lsn() - log, pg_temp.processor() - used);
            END LOOP;
          END LOOP;
        END
        $$;
        SELECT way, bytes, log, nanoseconds FROM figure ORDER BY number;
        """
    }
}

extension PrivateCluster {
    /// As the superuser, who may read what the session's process has used.
    fileprivate func payloadFigures(_ sql: String) async throws -> String {
        try await output(
            "psql",
            [
                "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", "--username",
                superuser, "--host", socketDirectory, "--port", String(port), "--dbname", "millwright", "--command",
                sql,
            ])
    }
}
