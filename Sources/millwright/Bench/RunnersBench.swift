import JSON
import Primitives

/// A new plant to its ready runner, and what many warm, idle runners cost.
struct RunnersBench: Sendable {
    /// Events that each runner works on before it is looked at: its code and its definitions are then in memory.
    static let warmUpEvents = 50
    static let settleSeconds: Int64 = 3

    let plants: Int
    let report: BenchReport

    func measure(_ stage: BenchHost.Stage) async throws {
        let platform = try await BenchPlatform(stage.client)
        report.say("Provisioning \(plants) plants, one after the other …")
        var provisioned: [Double] = []
        var ids: [String] = []
        for number in 1...plants {
            let start = ContinuousClock.now
            let plant = try await platform.makePlant("plant-\(number)")
            try await platform.waitForRunner(of: plant)
            provisioned.append((ContinuousClock.now - start).seconds)
            ids.append(plant)
        }
        report.quantiles("plant-to-ready-runner", of: provisioned, unit: "s")

        report.say("Warming each with \(Self.warmUpEvents) runs …")
        for plant in ids { try await warm(plant, stage) }
        try await Task.sleep(for: .seconds(Self.settleSeconds))
        try reportMemory(stage)
    }

    private func warm(_ plant: String, _ stage: BenchHost.Stage) async throws {
        let load = EventLoad(
            plantID: plant, key: stage.client.key.reveal(), type: BenchPlatform.eventType, name: "warm-up")
        _ = try await OwnThread.run {
            var connection = try KeepAliveConnection(port: stage.port)
            guard try connection.exchange(load.batch(0, count: Self.warmUpEvents)).status == 202 else {
                throw Problem(.unavailable, "A plant did not accept its events.")
            }
            return true
        }
        let deadline = ContinuousClock.now + .seconds(DemoSession.readySeconds)
        while ContinuousClock.now < deadline {
            let completed = try await stage.client.all("/v1/plants/\(plant)/runs?status=completed").count
            if completed == Self.warmUpEvents { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Problem(.timeout, "A plant's runs did not complete.")
    }

    /// A runner is what the control plane started for one plant: the sandbox's own processes and the runner inside.
    private func reportMemory(_ stage: BenchHost.Stage) throws {
        guard let root = stage.controlPlane.pid else { throw Problem(.unavailable, "The control plane has gone.") }
        var runners: [Double] = []
        var sandboxes = 0.0
        for process in ProcessMemory.descendants(of: root) {
            guard let bytes = ProcessMemory.proportionalBytes(of: process.pid), let program = process.arguments.first
            else { continue }
            let mebibytes = Double(bytes) / Double(1 << 20)
            if program.hasSuffix("bwrap") { sandboxes += mebibytes } else { runners.append(mebibytes) }
        }
        guard runners.count == plants else {
            throw Problem(.internalError, "\(plants) plants have \(runners.count) runner processes.")
        }
        report.quantiles("warm-idle-runner-memory", of: runners, unit: "MiB PSS")
        report.figure(
            "warm-idle-runner-with-sandbox-memory", (runners.reduce(0, +) + sandboxes) / Double(plants),
            unit: "MiB PSS")
        if let bytes = ProcessMemory.proportionalBytes(of: root) {
            report.figure("control-plane-memory", Double(bytes) / Double(1 << 20), unit: "MiB PSS")
        }
    }
}
