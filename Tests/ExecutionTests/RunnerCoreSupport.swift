import Connectors
import JSON
import Primitives
import RunnerCore
import RunnerProtocol
import Workflow

/// Workflow documents of the runner's tests.
enum TestWorkflow: String, CaseIterable {
    /// Ends in its first advance.
    case computing
    /// One call, then a last step.
    case calling
    /// Two calls side by side.
    case forked
    /// One call that is given up after a second.
    case impatient
    /// Ends with a call's error in hand.
    case catching

    var digest: String { rawValue }

    var envelope: DefinitionEnvelope {
        DefinitionEnvelope(
            digest: digest,
            document: [
                "document": ["dsl": "1.0.3", "namespace": "test", "name": .string(rawValue), "version": "1.0.0"],
                "do": tasks,
            ],
            parameters: ["site": "north"], bindings: [:],
            facts: ["id": "w", "name": .string(rawValue), "plant": ["id": .string(PlantID().description)]])
    }

    private var tasks: JSONValue {
        switch self {
        case .computing: [["one": ["set": ["x": "${ .n + 1 }"]]], ["two": ["set": ["y": "${ .x * 2 }"]]]]
        case .calling: [["open": Self.call("a")], ["end": ["set": ["id": "${ .id }"]]]]
        case .forked:
            [["both": ["fork": ["branches": [["left": Self.call("l")], ["right": Self.call("r")]]]]]]
        case .impatient:
            [
                [
                    "try": [
                        "try": [["open": Self.call("a", ["timeout": ["after": ["seconds": 1]]])]],
                        "catch": ["do": [["late": ["set": ["late": true]]]]],
                    ]
                ]
            ]
        case .catching:
            [
                [
                    "try": [
                        "try": [["open": Self.call("a")]],
                        "catch": [
                            "as": "error",
                            "do": [["note": ["set": ["type": "${ $error.type }", "detail": "${ $error.detail }"]]]],
                        ],
                    ]
                ]
            ]
        }
    }

    private static func call(_ title: String, _ more: JSONObject = [:]) -> JSONValue {
        var task: JSONObject = [
            "call": "work-orders.create:1.0.0@default", "with": ["title": .string(title), "priority": 3],
        ]
        for (key, value) in more { task[key] = value }
        return .object(task)
    }
}

/// A control plane in memory that keeps the rules of `sync`: one writer, guarded transitions, the same answer to the
/// same commit, and nothing forgotten.
struct MemoryControlPlane {
    struct Record {
        var workflow: TestWorkflow
        var input: JSONValue
        var sequence: Int64 = 0
        var status = RunStatus.pending
        var state: JSONValue?
        var output: JSONValue?
        var error: JSONValue?
        var journal: [JournalEntry] = []
        var epoch: Int64 = 0
        var timers: [OpenTimer] = []
        var lastCommit: (epoch: Int64, sequence: Int64)?
    }

    var epoch: Int64 = 1
    var runs: [RunID: Record] = [:]
    var handed: Set<RunID> = []
    /// Commits as they were recorded, in order.
    var recorded: [RunCommit] = []
    let acceptedAt = Timestamp("2026-01-01T00:00:00Z")!
    var now = Timestamp("2026-01-01T00:00:00Z")!

    @discardableResult
    mutating func accept(_ workflow: TestWorkflow, _ input: JSONValue = ["n": 1]) -> RunID {
        let id = RunID()
        runs[id] = Record(workflow: workflow, input: input)
        return id
    }

    mutating func answer(_ request: SyncRequest) -> SyncOutcome {
        guard request.epoch == epoch else { return .staleEpoch }
        if request.isFirst { handed = [] }
        var response = SyncResponse(verdicts: request.commits.map { record($0, epoch: request.epoch) })
        if !request.isDraining { response.work = hand(out: request.capacity) }
        let needed = Set(response.work.map(\.definitionDigest)).subtracting(request.knownDefinitions)
        response.definitions = needed.sorted().compactMap { TestWorkflow(rawValue: $0)?.envelope }
        return .answered(response)
    }

    private mutating func record(_ commit: RunCommit, epoch: Int64) -> CommitVerdict {
        guard var run = runs[commit.runID] else { return .conflict }
        if run.sequence == commit.expectedSequence + 1, run.lastCommit?.epoch == epoch,
            run.lastCommit?.sequence == run.sequence
        {
            return .committed
        }
        guard run.sequence == commit.expectedSequence, [.pending, .running, .waiting].contains(run.status) else {
            return .conflict
        }
        run.sequence += 1
        run.status = commit.status
        run.state = commit.state
        run.output = commit.output
        run.error = commit.error
        run.journal += commit.journal
        run.timers = commit.timers
        run.epoch = epoch
        run.lastCommit = (epoch, run.sequence)
        runs[commit.runID] = run
        handed.remove(commit.runID)
        recorded.append(commit)
        return .committed
    }

    private mutating func hand(out capacity: Int) -> [WorkItem] {
        var work: [WorkItem] = []
        for (id, run) in runs.sorted(by: { $0.key < $1.key }) {
            let dueTimers = run.timers.filter { $0.dueAt <= now }
            let isOrphan = run.status == .running && run.epoch != epoch
            let isDue = !dueTimers.isEmpty && [.running, .waiting].contains(run.status)
            guard run.status == .pending || isOrphan || isDue, !handed.contains(id) else { continue }
            guard work.count < capacity || (isDue && run.status == .running) else { continue }
            handed.insert(id)
            if isOrphan { runs[id]?.epoch = epoch }
            work.append(
                WorkItem(
                    runID: id, workflowID: WorkflowID(), definitionDigest: run.workflow.digest, sequence: run.sequence,
                    state: run.state, input: run.input, acceptedAt: acceptedAt,
                    inputs: dueTimers.map { timer in
                        DeliveredInput(
                            number: 0,
                            input: EngineInput(at: now, kind: .succeeded(waitID: timer.waitID, result: .null, by: nil)))
                    },
                    isRecovered: isOrphan))
        }
        return work
    }
}

func testIdentity(epoch: Int64 = 1) -> RunnerIdentity {
    RunnerIdentity(runnerID: RunnerID(), epoch: epoch, publicKey: [1, 2, 3])
}

/// The machine with an engine and nothing else: its actions are kept until the test says what came of them.
struct MachineBench {
    var state: RunnerState
    var syncs: [(ticket: SyncTicket, request: SyncRequest)] = []
    var effects: [Effect] = []
    var givenUp: [Effect.ID] = []
    var notices: [RunnerNotice] = []
    var pauses: [Double] = []
    var drainSeconds: Double?
    var end: RunnerEnd?
    var now = Timestamp("2026-01-01T00:00:00Z")!

    init(_ limits: RunnerLimits = RunnerLimits(), epoch: Int64 = 1) {
        state = RunnerState(identity: testIdentity(epoch: epoch), limits: limits)
        run()
    }

    /// Performs what can be performed without the world.
    mutating func run() {
        while let action = state.nextAction() {
            switch action {
            case .sync(let ticket, let request): syncs.append((ticket, request))
            case .perform(let effect): effects.append(effect)
            case .giveUp(let id): givenUp.append(id)
            case .advance(let id): if let job = state.advanceJob(id) { state.advanced(id, job.run()) }
            case .pause(let seconds): pauses.append(seconds)
            case .armDrainDeadline(let seconds): drainSeconds = seconds
            case .log(let notice): notices.append(notice)
            case .stop(let end): self.end = end
            case .yield, .adopt: break
            }
        }
    }

    /// Lets a call end, the oldest unless said otherwise.
    mutating func finish(_ outcome: SyncOutcome, at index: Int = 0) {
        let (ticket, _) = syncs.remove(at: index)
        state.synced(ticket, outcome, at: now)
        run()
    }

    mutating func finish(_ index: Int = 0, by plane: inout MemoryControlPlane) {
        finish(plane.answer(syncs[index].request), at: index)
    }

    mutating func finishEffect(_ result: EffectResult, at index: Int = 0) {
        state.effectFinished(effects.remove(at: index).id, result, at: now)
        run()
    }

    mutating func backoffElapsed() {
        state.backoffElapsed()
        run()
    }
}

let openedTicket: JSONValue = ["id": "7", "number": "WO-7", "status": "open"]
