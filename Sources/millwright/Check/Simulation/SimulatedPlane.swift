import Database
import Execution
import Logging
import Primitives
import Workflow

/// One instance of a control plane: the real services, on clocks and a database that the scheduler rules.
///
/// Unchecked, because it belongs to the simulation's one thread.
final class SimulatedPlane: @unchecked Sendable {
    /// Of this start; the one that takes its place after a crash has another.
    let number: Int
    let clock: SimulatedClock
    let board: DispatchBoard
    let sync: SyncService
    let intake: EventIntake
    let people: HumanTaskService
    let runs: RunDirectory
    let runners: RunnerStore
    let schedules: ScheduleService
    let deadlines: Deadlines
    let promises: ServiceLevelWatch
    let slots: SlotService
    let bulk: BulkService
    private(set) var isAlive = true
    private var tasks: [Task<Void, Never>] = []
    private let chance: SeededChance

    init(
        number: Int, database: Database, time: SimulatedTime, chance: SeededChance, offsetSeconds: Double,
        logger: Logger
    ) {
        self.number = number
        self.chance = chance
        clock = SimulatedClock(time, plane: number)
        clock.offsetSeconds = offsetSeconds
        let triggers = DatabaseTriggerSource(database: database, logger: logger)
        let bell = DeadlineBell()
        board = DispatchBoard(clock: clock)
        sync = SyncService(
            database: database, board: board, triggers: triggers, definitions: SimulationCatalogue(),
            settings: SimulationCatalogue(), zones: UTCOnly(), deadlines: bell, clock: clock, logger: logger)
        intake = EventIntake(
            database: database, board: board, triggers: triggers, clock: clock, logger: logger)
        people = HumanTaskService(database: database, board: board, bell: bell, clock: clock)
        runs = RunDirectory(
            database: database, board: board, definitions: SimulationCatalogue(), clock: clock)
        runners = RunnerStore(database: database, board: board, clock: clock)
        schedules = ScheduleService(
            database: database, board: board, zones: UTCOnly(), clock: clock, logger: logger)
        deadlines = Deadlines(
            service: people, bell: bell,
            announcer: TaskAnnouncer(database: database, board: board, triggers: triggers, clock: clock), logger: logger
        )
        promises = ServiceLevelWatch(
            database: database, board: board, triggers: triggers, zones: UTCOnly(), bell: DeadlineBell(), clock: clock,
            logger: logger)
        slots = SlotService(database: database, board: board, clock: clock, rates: .own, logger: logger)
        bulk = BulkService(runs: runs, logger: logger)
    }

    /// Starts something in this process. It is told of its end only while the process lives.
    func start<Value: Sendable>(
        _ process: SimulatedProcess? = nil, _ body: @escaping @Sendable () async throws -> Value,
        then: @escaping @Sendable (Result<Value, any Error>) -> Void = { _ in }
    ) {
        let process = process ?? SimulatedProcess(plane: number)
        // It runs on the simulation's thread like everything, and is cancelled with its process.
        let task = Task { [self] in
            await Chance.$simulated.withValue(chance) {
                await SimulatedProcess.$current.withValue(process) {
                    let outcome: Result<Value, any Error>
                    do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
                    if isAlive { then(outcome) }
                }
            }
        }
        tasks.append(task)
    }

    /// Looks after deadlines or schedules for as long as it lives.
    func repeatLooking(everySeconds: Double, _ look: @escaping @Sendable () async throws -> Double) {
        start { [self] in
            while isAlive {
                let pause = (try? await look()) ?? everySeconds
                try await clock.sleep(for: .seconds(max(1, pause)))
            }
        }
    }

    /// From now on nothing of it is heard. The caller fails what it waits for.
    func die() {
        isAlive = false
        for task in tasks { task.cancel() }
        tasks = []
    }
}

/// The plant's clocks show UTC.
private struct UTCOnly: TimeZoneSource {
    func rules(of name: String) async throws -> TimeZoneRules { .utc }
}
