import Catalogue
import Execution
import JSON
import NIOHTTP1
import Primitives
import RunnerProtocol
import Tenancy
import Workflow

/// The engine alone, and the engine with its database but without HTTP, a second process or a sandbox between: what
/// these cost is the difference to `bench runs`.
struct EngineBench: Sendable {
    static let batch = 200

    let seconds: Double
    let report: BenchReport

    func measure(_ stage: BenchHost.Stage) async throws {
        try pure()
        let floor = PostgresFloor(cluster: stage.cluster)
        try await floor.prepare()
        report.say("The floor …")
        let cycle = try await floor.measure(.cycle)
        report.say("Engine and database in one process …")
        report.figure("durable-runs", try await durable(stage), unit: "runs/s", floor: cycle)
    }

    // MARK: The engine alone

    private func pure() throws {
        let definition = try Self.definition(BenchPlatform.workflow)
        let input: JSONValue = .array([Self.event(7)])
        report.figure(
            "pure-runs-of-two-tasks", try rate { Self.start(definition, input).status == .completed }, unit: "runs/s")

        let loop = try Self.definition([
            "document": ["dsl": "1.0.3", "namespace": "bench", "name": "loop", "version": "1.0.0"],
            "do": [
                [
                    "each": [
                        "for": ["each": "item", "in": "${ [range(100)] }"],
                        "do": [["add": ["set": ["sum": "${ (.sum // 0) + $item }"]]]],
                    ]
                ]
            ],
        ])
        let loops = try rate { Self.start(loop, [:]).status == .completed }
        report.figure("pure-tasks-in-a-loop", loops * 100, unit: "tasks/s")

        let waiting = try Self.definition([
            "document": ["dsl": "1.0.3", "namespace": "bench", "name": "waiting", "version": "1.0.0"],
            "do": [["pause": ["wait": ["seconds": 60]]], ["end": ["set": ["asset": "${ .asset }"]]]],
        ])
        let engine = Self.engine(waiting)
        let state = engine.start(input: ["asset": "press-7"], at: Self.moment).state.json
        report.figure(
            "pure-state-read-and-written", try rate { try RunState(json: state).json == state }, unit: "states/s")
    }

    private func rate(_ body: () throws -> Bool) throws -> Double {
        for _ in 0..<200 where try !body() { throw Problem(.internalError, "The measured run did not complete.") }
        let start = ContinuousClock.now
        var count = 0
        while (ContinuousClock.now - start).seconds < min(seconds, 3) {
            for _ in 0..<50 { _ = try body() }
            count += 50
        }
        return Double(count) / (ContinuousClock.now - start).seconds
    }

    private static let moment = Timestamp(unixMicroseconds: 1_700_000_000_000_000)

    private static func definition(_ document: JSONValue) throws -> Definition {
        let decoded = DefinitionDecoder.decode(document)
        guard let definition = decoded.definition else {
            throw Problem(.internalError, "The bench's definition cannot be read: \(decoded.errors)")
        }
        return definition
    }

    private static func engine(_ definition: Definition) -> Engine {
        Engine(definition: definition, facts: RunFacts(runID: RunID()))
    }

    private static func start(_ definition: Definition, _ input: JSONValue) -> Advance {
        engine(definition).start(input: input, at: moment)
    }

    private static func event(_ number: Int) -> JSONValue {
        [
            "specversion": "1.0", "id": .string("durable-\(number)"), "source": "press-7",
            "type": .string(BenchPlatform.eventType),
            "data": [
                "asset": "press-7", "value": JSONValue(number % 100), "unit": "C", "line": "L1",
                "text": "the bucket does not open",
            ],
        ]
    }

    // MARK: With its database

    private func durable(_ stage: BenchHost.Stage) async throws -> Double {
        let platform = try await BenchPlatform(stage.client)
        let plantID = try await platform.makePlant("engine")
        // This process is the plant's runner for once.
        _ = try await stage.client.call(
            .PUT, "/v1/plants/\(plantID)/runner", ["desiredState": "stopped"], idempotencyKey: UUIDv7().description)
        try await waitUntilStopped(plantID, stage.client)
        guard let id = PlantID(plantID), let plant = try await stage.domain.tenants.plantScope(of: id) else {
            throw Problem.notFound("plant")
        }
        let shell = Shell(stage.domain)
        let (runnerID, epoch) = try await shell.runners.beginEpoch(of: plant)
        let runner = InProcessRunner(
            shell: shell, plant: plant, runnerID: runnerID, epoch: epoch,
            definition: try Self.definition(BenchPlatform.workflow))
        _ = try await runner.perform(Self.batch * 5, from: 0)
        let start = ContinuousClock.now
        var done = Self.batch * 5
        while (ContinuousClock.now - start).seconds < seconds {
            done += try await runner.perform(Self.batch * 10, from: done)
        }
        return Double(done - Self.batch * 5) / (ContinuousClock.now - start).seconds
    }

    private func waitUntilStopped(_ plantID: String, _ client: APIClient) async throws {
        let deadline = ContinuousClock.now + .seconds(DemoSession.readySeconds)
        while ContinuousClock.now < deadline {
            let state = try await client.get("/v1/plants/\(plantID)/runner")["observedState"]?.stringValue
            if state == "absent" { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Problem(.unavailable, "The runner did not stop.")
    }

    /// The durable shell round the engine, wired as the control plane wires it.
    private struct Shell: Sendable {
        let intake: EventIntake
        let sync: SyncService
        let runners: RunnerStore

        init(_ domain: Domain) {
            let board = DispatchBoard()
            let triggers = DatabaseTriggerSource(database: domain.database, logger: domain.logger)
            let catalogue = PlantCatalogue(database: domain.database)
            intake = EventIntake(database: domain.database, board: board, triggers: triggers, logger: domain.logger)
            sync = SyncService(
                database: domain.database, board: board, triggers: triggers,
                definitions: CatalogueDefinitions(catalogue: catalogue),
                settings: CatalogueSettings(catalogue: catalogue, vault: domain.vault, logger: domain.logger),
                zones: ZoneFiles(),
                logger: domain.logger)
            runners = RunnerStore(database: domain.database, board: board)
        }
    }

    private struct InProcessRunner: Sendable {
        let shell: Shell
        let plant: TenantScope
        let runnerID: RunnerID
        let epoch: Int64
        let definition: Definition

        /// Accepts so many events and completes their runs, intake and sync side by side.
        func perform(_ count: Int, from first: Int) async throws -> Int {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for start in stride(from: first, to: first + count, by: EngineBench.batch) {
                        let events = (start..<(start + EngineBench.batch)).map(EngineBench.event)
                        let outcomes = try await shell.intake.accept(
                            plant, try IncomingEvent.read(.array(events)), by: .system)
                        guard outcomes.count == EngineBench.batch else {
                            throw Problem(.internalError, "An event got no answer.")
                        }
                    }
                }
                group.addTask { try await complete(count) }
                try await group.waitForAll()
            }
            return count
        }

        private func complete(_ count: Int) async throws {
            var left = count
            var commits: [RunCommit] = []
            var isFirst = true
            while left > 0 || !commits.isEmpty {
                let response = try await shell.sync.sync(
                    plant,
                    SyncRequest(
                        runnerID: runnerID, epoch: epoch, publicKey: [UInt8](repeating: 9, count: 32),
                        commits: commits, capacity: 256, waitMilliseconds: commits.isEmpty ? 1000 : 0,
                        settingsRevision: .max, isFirst: isFirst))
                isFirst = false
                guard response.verdicts.allSatisfy({ $0 == .committed }) else {
                    throw Problem(.internalError, "A commit was not taken: \(response.verdicts)")
                }
                left -= commits.count
                commits = response.work.map { item in
                    let engine = Engine(definition: definition, facts: RunFacts(runID: item.runID))
                    return RunCommit(
                        of: item.runID, after: item.sequence, engine.start(input: item.input, at: item.acceptedAt))
                }
            }
        }
    }
}
