import Billing
import JSON
import Primitives
import Tenancy

/// What happens once every process runs: events come in, people decide, and the books are drawn up.
struct DemoStage: Sendable {
    /// How long nothing at all may move before the demo says that it is stuck.
    static let patienceSeconds = 180.0

    let session: DemoSession
    let domain: Domain
    let cluster: PrivateCluster
    let controlPlane: SupervisedProcess
    let client: APIClient
    let standInClient: StandInClient
    let keys: DemoKeys

    func play(_ startedAt: ContinuousClock.Instant) async throws -> Bool {
        try await waitUntilReady()
        let seconds = (ContinuousClock.now - startedAt).seconds
        session.say("Ready after \(Decimal1.text(seconds)) s: \(client.base)")
        let plants = try await plants()
        let (events, unreadable) = try events()
        var shares = DemoEvents.share(events, among: plants)
        if session.plan.eventsFile == nil { try addSamples(to: &shares) }
        let report = try await replay(shares, to: plants, refusedRows: unreadable)
        guard session.plan.isOnce else {
            try await DemoGuide(stage: self).show(plants)
            try await Task.sleep(for: .seconds(Int64.max / 4))
            return true
        }
        try await workUntilNothingIsLeft(plants)
        let books = try await BookKeeper(stage: self, plants: plants).drawUp(report)
        Terminal.writeLine(session.plan.isJSON ? books.json.serialized() : books.text)
        return books.areBalanced
    }

    func waitUntilReady() async throws {
        let deadline = ContinuousClock.now + .seconds(DemoSession.readySeconds)
        while ContinuousClock.now < deadline {
            let isReady = (try? await client.get("/health/ready")) != nil
            if isReady, await standInClient.isReady() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Problem(
            .unavailable,
            "The control plane did not become ready. See \(session.data.logDirectory)/control-plane.log.")
    }

    // MARK: Plants and events

    private func plants() async throws -> [DemoPlant] {
        var plants: [DemoPlant] = []
        for partner in try await client.all("/v1/partners") {
            for found in try await client.all("/v1/partners/\(text(partner, "id"))/clients") {
                for plant in try await client.all("/v1/clients/\(text(found, "id"))/plants") {
                    let path = [partner, found, plant].map { text($0, "slug") }.joined(separator: "/")
                    guard let supervisor = keys.token(.supervisor, in: path) else { continue }
                    let workflows = try await client.all("/v1/plants/\(text(plant, "id"))/workflows")
                    let assets = workflows.filter { $0["template"] == "maintenance-triage" }
                        .flatMap { $0["parameters"]?["assets"]?.arrayValue ?? [] }
                        .compactMap { $0["id"]?.stringValue }
                    plants.append(
                        DemoPlant(
                            id: text(plant, "id"), path: path, name: text(plant, "name"), supervisorKey: supervisor,
                            operatorKey: keys.token(.operator, in: path) ?? supervisor,
                            qualityKey: keys.token(.quality, in: path) ?? supervisor,
                            maintenanceKey: keys.token(.maintenance, in: path) ?? supervisor, assets: Set(assets)))
                }
            }
        }
        guard !plants.isEmpty else { throw Problem(.notFound, "Tenants/ has no plant with a supervisor.") }
        return plants
    }

    private func events() throws -> (events: [EventMapping.Mapped], refused: [EventMapping.Refused]) {
        let path = session.plan.eventsFile ?? session.settings.home + "/Samples/work-orders.csv"
        let mapping = try EventMapping(session.plan.mapping, source: "demo/" + (path.split(separator: "/").last ?? ""))
        let (events, refused) = mapping.map(try ReplayRow.read(path: path))
        guard !events.isEmpty else { throw Problem(.invalidRequest, "\(path) has no row that could be an event.") }
        return (events, refused)
    }

    /// A few alarms and failed inspections, so that the other two templates have something to do.
    private func addSamples(to shares: inout [[EventMapping.Mapped]]) throws {
        for name in ["alarms.jsonl", "inspections.jsonl"] {
            let rows = try ReplayRow.read(path: session.settings.home + "/Samples/" + name)
            for (index, event) in try EventMapping(".", source: "sample").map(rows).events.enumerated() {
                shares[index % shares.count].append(event)
            }
        }
    }

    private func replay(
        _ shares: [[EventMapping.Mapped]], to plants: [DemoPlant], refusedRows: [EventMapping.Refused]
    ) async throws -> Replayer.Report {
        let bar = ProgressBar(
            "Replaying plant events", total: shares.map(\.count).reduce(0, +), isQuiet: session.plan.isJSON)
        defer { bar.finish() }
        var report = Replayer.Report(refused: refusedRows)
        try await withThrowingTaskGroup(of: Replayer.Report.self) { group in
            for (plant, events) in zip(plants, shares) {
                group.addTask {
                    let replayer = Replayer(
                        client: client.with(key: plant.operatorKey), plantID: plant.id, rate: nil)
                    var last = 0
                    return try await replayer.send(events) { position in
                        bar.advance(by: position - last)
                        last = position
                    }
                }
            }
            group.addTask {
                let injector = FaultInjector(
                    plan: session.plan.faults, controlPlane: controlPlane, cluster: cluster,
                    report: { session.say("  fault: " + $0) })
                try await injector.run()
                return Replayer.Report()
            }
            for try await part in group { report.add(part) }
        }
        return report
    }

    // MARK: People

    private func workUntilNothingIsLeft(_ plants: [DemoPlant]) async throws {
        session.say("Deciding what people are asked, until every run has ended …")
        var lastMovement = ContinuousClock.now
        var lastOpen = -1
        while true {
            var decided = 0
            var open = 0
            do {
                for plant in plants {
                    decided += try await ScriptedApprover(client: client, plant: plant).decideAll()
                }
                open = try await overviews().reduce(0) { $0 + number($1, "runsOpen") }
            } catch let problem as Problem where problem.code.isRetryable {
                try await Task.sleep(for: .milliseconds(300))
                if (ContinuousClock.now - lastMovement).seconds > Self.patienceSeconds { throw problem }
                continue
            }
            if open == 0, decided == 0 { return }
            if decided > 0 || open != lastOpen { lastMovement = .now }
            lastOpen = open
            guard (ContinuousClock.now - lastMovement).seconds < Self.patienceSeconds else {
                session.say("\(open) runs have not moved for \(Int(Self.patienceSeconds)) s.")
                return
            }
            try await Task.sleep(for: .milliseconds(250))
        }
    }

    func overviews() async throws -> [JSONValue] {
        try await client.get("/v1/platform/overview")["items"]?.arrayValue ?? []
    }

    func text(_ value: JSONValue, _ name: String) -> String { value[name]?.stringValue ?? "" }
    func number(_ value: JSONValue, _ name: String) -> Int { value[name]?.intValue ?? 0 }
}

enum Decimal1 {
    /// One digit after the point.
    static func text(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }
}
