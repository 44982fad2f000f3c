import JSON
import Primitives
import Tenancy

/// How throughput and time to completion change with what is there already, with the number of plants, and with the
/// size of an event.
struct GrowthBench: Sendable {
    static let latencyRate = 200.0

    /// Open runs that are there, smallest first.
    let openRuns: [Int]
    let plants: [Int]
    let payloadBytes: [Int]
    let seconds: Double
    let connections: Int
    let report: BenchReport

    func measure(_ stage: BenchHost.Stage) async throws {
        let platform = try await BenchPlatform(stage.client)
        let plant = try await BenchPlant(stage, platform, slug: "growth", template: "bench-two-tasks")
        _ = try await pace(stage, plant.scope, 2).throughput(plant.load("warm-up").single)
        for bytes in payloadBytes {
            try await measure("with-\(bytes / 1024)-KiB", stage, plant.scope) { name in
                plant.load(name, payloadBytes: bytes).single
            }
        }
        try await measurePlants(stage, platform, plant)
        var there = 0
        for count in openRuns {
            report.say("\(count) open runs …")
            try await stage.cluster.addOpenRuns(count - there, in: plant.scope)
            there = count
            try await measure("with-\(count)-open-runs", stage, plant.scope) { plant.load($0).single }
        }
    }

    private func measurePlants(_ stage: BenchHost.Stage, _ platform: BenchPlatform, _ first: BenchPlant) async throws {
        var many = [first]
        for count in plants {
            while many.count < count {
                many.append(
                    try await BenchPlant(
                        stage, platform, slug: "growth-\(many.count)", template: "bench-two-tasks"))
            }
            let plants = many
            try await measure("with-\(count)-plants", stage, .platform) { name in
                let loads = plants.map { $0.load(name) }
                return { loads[$0 % loads.count].single($0) }
            }
        }
    }

    private func measure(
        _ name: String, _ stage: BenchHost.Stage, _ scope: TenantScope,
        _ request: (String) -> @Sendable (Int) -> [UInt8]
    ) async throws {
        let pace = pace(stage, scope, seconds)
        let outcome = try await pace.throughput(request("throughput-" + name))
        report.figure("throughput-" + name, outcome.perSecond, unit: "runs/s")
        guard case .plant = scope else { return }
        let waited = try await pace.latency(perSecond: Self.latencyRate, request("latency-" + name))
        report.quantiles("completed-at-\(Int(Self.latencyRate))-per-s-" + name, of: waited, unit: "ms")
    }

    private func pace(_ stage: BenchHost.Stage, _ scope: TenantScope, _ seconds: Double) -> RunPace {
        RunPace(stage: stage, scope: scope, connections: connections, seconds: seconds)
    }
}

extension PrivateCluster {
    /// Runs that wait for a timer of a year from now, as the tables would hold them.
    fileprivate func addOpenRuns(_ count: Int, in scope: TenantScope) async throws {
        guard case .plant(let partner, let client, let plant) = scope, count > 0 else { return }
        let sql = """
            INSERT INTO millwright.run (
              partner_id, client_id, plant_id, run_id, workflow_id, definition_digest, status, sequence, epoch, priority,
              chain_depth, journal_length, accepted_at, started_at, wake_at, timers, input, state)
            SELECT '\(partner)', '\(client)', '\(plant)', gen_random_uuid(), workflow_id, definition_digest, 'waiting', 1,
              1, 50, 0, 2, now(), now(), now() + interval '1 year', '{"w":1900000000000000}', '{"asset":"press-7"}',
              '{"at":"/do/1/pause","context":{},"asset":"press-7","value":42}'
            FROM (
              SELECT workflow_id, definition_digest FROM millwright.run
              WHERE plant_id = '\(plant)' AND status = 'completed' LIMIT 1
            ) AS example
            CROSS JOIN generate_series(1, \(count));
            ANALYZE millwright.run;
            """
        // As the superuser, whom row-level security does not hold; the insert guard is for runs that go on.
        _ = try await output(
            "psql",
            [
                "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--username", superuser, "--host",
                socketDirectory, "--port", String(port), "--dbname", "millwright", "--command",
                "SET session_replication_role = replica; " + sql,
            ])
    }
}
