import Connectors
import Glibc
import Logging
import NIOPosix
import Primitives
import Provisioning
import RunnerProtocol
import Testing

/// A reconciler with the real driver, on a registry in memory.
struct PlantsFixture: Sendable {
    let folder: TestFolder
    let registry: MemoryRegistry
    let sync: MemorySync
    let log: LogRecords
    let policies = MemoryPolicies()

    var plantsDirectory: String { folder.path("plants") }
    func directory(of plant: TenantScope) -> String { plantsDirectory + "/" + plant.plantText }

    static let account: LocalProcessDriver.Account? = Programs.isRoot ? .nobody : nil

    static func driver(
        runner: String = Programs.runner, bubblewrap: String = Programs.bubblewrap, _ log: LogRecords = LogRecords()
    ) -> LocalProcessDriver {
        LocalProcessDriver(runnerPath: runner, bubblewrapPath: bubblewrap, account: account, logger: log.logger())
    }

    /// Reconciles while `body` runs, and looks afterwards whether anything is left.
    static func with(
        _ desired: TenantScope..., runner: String = Programs.runner, bubblewrap: String = Programs.bubblewrap,
        rules: EgressPolicy = .nothing, in folder: TestFolder? = nil, _ body: (PlantsFixture) async throws -> Void
    ) async throws {
        let fixture = PlantsFixture(
            folder: try folder ?? TestFolder(), registry: MemoryRegistry(desired), sync: MemorySync(), log: LogRecords()
        )
        let reconciler = fixture.reconciler(driver(runner: runner, bubblewrap: bubblewrap, fixture.log), rules)
        let running = Task { try await reconciler.run() }
        do {
            try await body(fixture)
        } catch {
            running.cancel()
            _ = await running.result
            throw error
        }
        running.cancel()
        try await running.value
        // The inner end of a sandbox goes a moment after the outer one, and zombies of other tests are theirs.
        try await eventually("nothing is left", within: 5) { ProcessView.mentioning(fixture.folder.path).isEmpty }
        let zombies = ProcessView.all().filter { $0.isZombie && $0.parent?.pid == getpid() }
        try await eventually("no zombie is left", within: 5) { !zombies.contains(where: \.isZombie) }
        #expect(names(in: fixture.plantsDirectory).isEmpty)
    }

    func reconciler(_ driver: any RunnerDriver, _ rules: EgressPolicy) -> Reconciler {
        let gateway = EgressGateway(group: MultiThreadedEventLoopGroup.singleton, logger: log.logger())
        let houses = PlantHouses(
            root: plantsDirectory, account: Self.account, endpoint: sync,
            egress: { plant, path in
                try await gateway.serve(plant: plant.plantText, socketPath: path, policy: { rules })
            },
            processes: ProcessGate(policies: policies.port, sandbox: Sandboxes.sandbox, logger: log.logger()),
            group: MultiThreadedEventLoopGroup.singleton, logger: log.logger())
        return Reconciler(registry: registry, driver: driver, houses: houses, logger: log.logger())
    }

    /// The plant's runner once it has spoken to the control plane, another one than before.
    func runner(of plant: TenantScope, after old: ProcessView? = nil) async throws -> ProcessView {
        try await eventually("\(plant) has a runner; the log: \(log.all.suffix(5))") {
            guard let epoch = sync.requests(of: plant).last?.epoch, epoch == registry.epoch(of: plant),
                let process = ProcessView.runner(of: plant.plantText), process.isRunning, process != old
            else { return nil }
            return process
        }
    }

    /// The record of how a runner ended.
    func end(of plant: TenantScope, epoch: Int64) async throws -> MemoryRegistry.Ended {
        try await eventually("the end of \(plant), epoch \(epoch), is recorded") {
            registry.ended.first { $0.plant == plant && $0.epoch == epoch }
        }
    }

    private static func names(in directory: String) -> [String] {
        ProcessView(getpid())?.listing(directory) ?? []
    }
}
