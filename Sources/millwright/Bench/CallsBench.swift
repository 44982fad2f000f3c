import JSON
import NIOHTTP1
import Primitives

/// Runs of nine tasks, each a call over HTTP to another system on loopback: through the sandbox's way out, the plant's
/// allow-list and the connector, each with its key and its commit before and after.
struct CallsBench: Sendable {
    static let calls = 9

    let runs: Int
    let report: BenchReport

    func measure(_ stage: BenchHost.Stage) async throws {
        let server = try AnswerServer()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await OwnThread.run { try server.run() } }
            group.addTask {
                defer { server.stop() }
                try await measure(stage, port: server.port)
            }
            try await group.waitForAll()
        }
    }

    private func measure(_ stage: BenchHost.Stage, port: Int) async throws {
        let platform = try await BenchPlatform(stage.client)
        let tasks = (1...Self.calls).map { number -> JSONValue in
            [
                .init(stringLiteral: "call-\(number)"): [
                    "call": "http",
                    "with": ["method": "get", "endpoint": .string("http://127.0.0.1:\(port)/\(number)")],
                ]
            ]
        }
        try await platform.publish("bench-calls", tasks: tasks)
        let plant = try await BenchPlant(stage, platform, slug: "calls", template: "bench-calls")
        _ = try await stage.client.call(
            .PUT, "/v1/plants/\(plant.id)/egress-rules",
            ["host": "127.0.0.1", "port": JSONValue(port), "allowsPrivate": true])
        let pace = RunPace(stage: stage, scope: plant.scope, connections: 4, seconds: 1)
        _ = try await pace.backlog(plant.load("warm-up"), runs: min(runs, 500))
        report.say("\(runs) runs of \(Self.calls) calls …")
        let perSecond = try await pace.backlog(plant.load("calls"), runs: runs)
        report.figure("runs-of-\(Self.calls)-calls", perSecond, unit: "runs/s", goal: 800)
        report.figure("calls", perSecond * Double(Self.calls), unit: "calls/s")
    }
}
