import Primitives
import Tenancy

/// The load of `bench runs` over many plants, each with its own runner, beside one plant in the same run.
struct PlantsBench: Sendable {
    /// Of `bench runs`.
    static let usualConnections = 256

    let plants: Int
    let seconds: Double
    let connections: Int
    let report: BenchReport

    func measure(_ stage: BenchHost.Stage) async throws {
        let platform = try await BenchPlatform(stage.client)
        report.say("Provisioning \(plants + 1) plants …")
        let single = try await BenchPlant(stage, platform, slug: "single", template: "bench-two-tasks")
        var many: [BenchPlant] = []
        for number in 1...plants {
            many.append(try await BenchPlant(stage, platform, slug: "plant-\(number)", template: "bench-two-tasks"))
        }
        _ = try await pace(stage, single.scope, 2).throughput(single.load("warm-up").single)
        let warmUp = many.map { $0.load("warm-up") }
        _ = try await pace(stage, .platform, 2).throughput { warmUp[$0 % warmUp.count].single($0) }

        report.say("One plant, then \(plants), over \(connections) connections …")
        let one = try await pace(stage, single.scope, seconds).throughput(single.load("one").single)
        let few = min(connections, Self.usualConnections)
        let usual = try await RunPace(stage: stage, scope: single.scope, connections: few, seconds: seconds)
            .throughput(single.load("usual").single)
        let loads = many.map { $0.load("many") }
        let all = try await pace(stage, .platform, seconds).throughput { loads[$0 % loads.count].single($0) }
        report.figure("throughput-of-one-plant", one.perSecond, unit: "runs/s")
        report.figure("throughput-of-one-plant-over-\(few)-connections", usual.perSecond, unit: "runs/s")
        report.figure("throughput-of-\(plants)-plants", all.perSecond, unit: "runs/s")
        report.figure("ratio-to-one-plant", all.perSecond / one.perSecond, unit: "times", goal: 0.7)
    }

    private func pace(_ stage: BenchHost.Stage, _ scope: TenantScope, _ seconds: Double) -> RunPace {
        RunPace(stage: stage, scope: scope, connections: connections, seconds: seconds)
    }
}
