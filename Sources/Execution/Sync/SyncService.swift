package import Database
package import Logging
package import Primitives
package import RunnerProtocol
import Workflow

/// The control plane's end of `sync`: records what a runner finished and hands out what is next, one transaction a call.
///
/// A runner's call is refused as a whole when a newer runner has taken over (`Problem(.staleEpoch)`). A commit whose run has moved on
/// gets the verdict `conflict`, one that breaks a rule of the database `refused`, and neither stops the others.
package final class SyncService: Sendable {
    let database: Database
    let board: DispatchBoard
    let triggers: TriggerCache
    let filters: FilterCache
    let ids: OrderedIdentifiers
    let clock: any WallClock
    let logger: Logger
    private let definitions: any DefinitionSource
    private let settings: any SettingsSource
    let zones: any TimeZoneSource
    let deadlines: DeadlineBell
    /// Rings when a run has set a clock.
    let clocks: DeadlineBell
    let duplicates: DuplicateWindow
    let budgets: EventBudgets
    private let heartbeats = Heartbeats()

    package init(
        database: Database, board: DispatchBoard, triggers: any TriggerSource, definitions: any DefinitionSource,
        settings: any SettingsSource, zones: any TimeZoneSource, deadlines: DeadlineBell = DeadlineBell(),
        clocks: DeadlineBell = DeadlineBell(),
        ids: OrderedIdentifiers = OrderedIdentifiers(), clock: any WallClock = SystemWallClock(),
        duplicates: DuplicateWindow = DuplicateWindow(), budgets: EventBudgets = EventBudgets(), logger: Logger
    ) {
        self.duplicates = duplicates
        self.budgets = budgets
        self.database = database
        self.board = board
        self.triggers = TriggerCache(triggers)
        filters = FilterCache()
        self.definitions = definitions
        self.settings = settings
        self.zones = zones
        self.deadlines = deadlines
        self.clocks = clocks
        self.ids = ids
        self.clock = clock
        self.logger = logger
    }

    /// - Parameter scope: the plant whose runner calls; whoever calls this has made sure that it is.
    /// - Throws: `Problem(.staleEpoch)`, after which the runner must stop; `Problem(.invalidRequest)` for a call that is
    ///   over a limit; whatever the database throws, after which the runner repeats the same call.
    package func sync(_ scope: TenantScope, _ request: SyncRequest) async throws -> SyncResponse {
        let plant = try PlantKey(scope)
        guard request.commits.count <= SyncLimits.maximumCommits else {
            throw Problem(.invalidRequest, "A call brings at most \(SyncLimits.maximumCommits) commits.")
        }
        guard Set(request.commits.map(\.runID)).count == request.commits.count else {
            throw Problem(.invalidRequest, "A call brings at most one commit of a run.")
        }
        try board.beginCall(
            plant.plantID, epoch: request.epoch, isFirst: request.isFirst, takesWork: request.capacity > 0)
        defer { board.endCall(plant.plantID) }
        let deadline = clock.now().adding(
            seconds: Double(min(request.waitMilliseconds, SyncLimits.maximumWaitMilliseconds)) / 1000)
        var call = SyncCall(plant: plant, request: request)
        while true {
            try await step(&call)
            if call.hasAnswer || request.isDraining || clock.now() >= deadline || Task.isCancelled { break }
            let waking = await board.waitForWork(plant.plantID, capacity: call.capacity, until: deadline)
            if waking == .answer { break }
        }
        return try await complete(call)
    }

    /// One look at what there is; in a transaction when the database is needed.
    private func step(_ call: inout SyncCall) async throws {
        // A runner that finishes takes nothing.
        let plan =
            call.request.isDraining
            ? PlantDesk.Plan(epoch: call.request.epoch)
            : try board.plan(call.plant.plantID, epoch: call.request.epoch, capacity: call.capacity)
        // A sign of life also tells whether the runner is to stop.
        let isDue =
            plan.needs.contains(.settings)
            || heartbeats.isDue(call.plant.plantID, isFirst: call.request.isFirst, at: clock.now())
        guard !call.commits.isEmpty || !plan.needs.isDisjoint(with: .work) || isDue else {
            board.finishReading(call.plant.plantID) {
                $0.finishReading(plan, handed: [], more: [], nextTimerAt: nil)
            }
            call.work += plan.ready
            try await readSettings(&call, plan)
            return
        }
        do {
            try await transact(&call, plan, heartbeat: isDue)
        } catch {
            board.finishReading(call.plant.plantID) { $0.abandon(plan) }
            throw error.isDatabaseError(ShellSQLState.staleEpoch) ? Problem.staleEpoch : error
        }
        if isDue { heartbeats.setDone(call.plant.plantID, at: clock.now()) }
        try await readSettings(&call, plan)
    }

    private func readSettings(_ call: inout SyncCall, _ plan: PlantDesk.Plan) async throws {
        guard plan.needs.contains(.settings) || call.request.isFirst, !call.hasAskedForSettings else { return }
        call.hasAskedForSettings = true
        do {
            call.settings = try await settings.settings(
                of: call.plant, newerThan: call.request.settingsRevision, sealedTo: call.request.publicKey)
        } catch {
            // What was committed stays committed: the verdicts must reach the runner, and the settings are asked for again.
            guard !call.verdicts.isEmpty || !call.work.isEmpty else { throw error }
            logger.warning(
                "a plant's settings cannot be read",
                metadata: ["plant": "\(call.plant.plantID)", "reason": "\(error)"])
            board.update(call.plant.plantID) { $0.wake(.settings) }
        }
    }

    private func complete(_ call: SyncCall) async throws -> SyncResponse {
        let missing = Set(call.work.map(\.definitionDigest)).subtracting(call.request.knownDefinitions)
        var response = SyncResponse(
            verdicts: call.verdicts, work: call.work, settings: call.settings, mustStop: call.mustStop)
        guard !missing.isEmpty else { return response }
        do {
            response.definitions = try await definitions.definitions(missing, of: call.plant)
        } catch {
            // The verdicts must not be lost with it; the work is offered again later.
            logger.warning(
                "definitions cannot be read", metadata: ["plant": "\(call.plant.plantID)", "reason": "\(error)"])
            giveBack(call.work, of: call.plant)
            response.work = []
            return response
        }
        let known = Set(response.definitions.map(\.digest)).union(call.request.knownDefinitions)
        let unknown = response.work.filter { !known.contains($0.definitionDigest) }
        if !unknown.isEmpty {
            logger.error(
                "a run names a definition that its plant does not have",
                metadata: ["plant": "\(call.plant.plantID)", "run": "\(unknown[0].runID)"])
            response.work.removeAll { !known.contains($0.definitionDigest) }
        }
        return response
    }

    private func giveBack(_ work: [WorkItem], of plant: PlantKey) {
        board.finishReading(plant.plantID) { desk in
            for item in work { desk.release(item.runID) }
            desk.wake(.work)
        }
    }
}

/// One call while it is being answered.
struct SyncCall: Sendable {
    let plant: PlantKey
    let request: SyncRequest
    /// Not recorded yet.
    var commits: [RunCommit]
    var verdicts: [CommitVerdict] = []
    var work: [WorkItem] = []
    var settings: PlantSettings?
    var hasAskedForSettings = false
    var mustStop = false

    init(plant: PlantKey, request: SyncRequest) {
        self.plant = plant
        self.request = request
        commits = request.commits
    }

    var capacity: Int { max(0, min(request.capacity, SyncLimits.maximumWork) - work.count) }

    /// Verdicts alone are none: a runner that is in a hurry for them does not ask to wait.
    var hasAnswer: Bool { !work.isEmpty || settings != nil || mustStop || verdicts.contains { $0 != .committed } }
}
