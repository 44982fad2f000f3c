import Database
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import Workflow

/// What the commits of one call ask of the control plane: to listen, to ask a person, to start another run, to forget.
///
/// Each part becomes one more step of the statement that moves the runs, tied to the runs that really moved. What no
/// commit asks for is left out, so that simple runs pay nothing for it.
struct CommitEffects: Sendable {
    let plant: PlantKey
    let now: Timestamp
    /// What counts as time for the human tasks that ask for the plant's, or why that is not known.
    let time: WorkingTime
    private(set) var listeners: [(run: RunID, wait: String, filter: EventFilter)] = []
    private(set) var humanTasks: [(run: RunID, wait: String, task: HumanTaskSpecification)] = []
    /// Requests to the clocks of runs.
    private(set) var clocks: [(run: RunID, wait: String, arguments: JSONValue)] = []
    private(set) var children: [(run: RunID, wait: String, child: NewRun, isAwaited: Bool)] = []
    /// Answers that are known at once: a request that cannot be carried out, a run that is not waited for.
    private(set) var answers: [(run: RunID, wait: String, answer: Answer)] = []
    private(set) var consumed: [(run: RunID, number: Int64)] = []
    private(set) var closed: [(run: RunID, wait: String)] = []
    /// Runs that ended after they had waited: nothing of theirs may stay behind.
    private(set) var ended: [RunID] = []

    typealias WorkingTime = Result<ServiceLevelClock.Time, WorkflowError>

    enum Answer: Sendable {
        case result(JSONValue)
        case error(WorkflowError)
    }

    init(
        _ commits: [RunCommit], plant: PlantKey, triggers: PlantTriggers?, ids: OrderedIdentifiers, now: Timestamp,
        time: WorkingTime
    ) {
        self.plant = plant
        self.now = now
        self.time = time
        for commit in commits {
            for wait in commit.opened { open(wait, of: commit.runID, triggers, ids) }
            closed += commit.closed.map { (commit.runID, $0) }
            consumed += commit.consumedInputs.map { (commit.runID, $0) }
            if commit.status.isFinal, commit.expectedSequence > 0 { ended.append(commit.runID) }
        }
    }

    /// Whether any commit starts another run of the plant, or may by an event: then its workflows must be known before the
    /// transaction, which holds a connection and should not wait for another.
    static func needTriggers(_ commits: [RunCommit]) -> Bool {
        commits.contains { commit in
            !commit.emitted.isEmpty
                || commit.opened.contains {
                    switch $0.kind {
                    case .childRun, .serviceLevel: true
                    default: false
                    }
                }
        }
    }

    /// Whether any commit asks people for something within working time: then the plant's calendar must be known.
    static func needWorkingTime(_ commits: [RunCommit]) -> Bool {
        commits.contains { commit in
            commit.opened.contains { wait in
                guard case .humanTask(let request) = wait.kind else { return false }
                return HumanTaskSpecification.countsWorkingTime(request)
            }
        }
    }

    /// Whether what follows from the commits is decided in steps inside the transaction.
    static func needSteps(_ commits: [RunCommit]) -> Bool {
        commits.contains { commit in
            !commit.emitted.isEmpty
                || commit.opened.contains { if case .serviceLevel = $0.kind { true } else { false } }
        }
    }

    private mutating func open(_ wait: Wait, of run: RunID, _ triggers: PlantTriggers?, _ ids: OrderedIdentifiers) {
        switch wait.kind {
        case .call, .timer: break  // The runner performs the one; the other stands in the run itself.
        case .event(let filter): listeners.append((run, wait.id, filter))
        case .humanTask(let request):
            do throws(WorkflowError) {
                let task = try HumanTaskSpecification(request, taskReference: wait.taskReference, openedAt: now, time)
                humanTasks.append((run, wait.id, task))
            } catch {
                answers.append((run, wait.id, .error(error)))
            }
        case .serviceLevel(let arguments): clocks.append((run, wait.id, arguments))
        case .childRun(let request): open(request, wait.id, of: run, triggers, ids)
        }
    }

    private mutating func open(
        _ request: ChildRunRequest, _ wait: String, of run: RunID, _ triggers: PlantTriggers?, _ ids: OrderedIdentifiers
    ) {
        guard
            let workflow = triggers?.workflow(
                namespace: request.namespace, name: request.name, version: request.version)
        else {
            answers.append((run, wait, .error(ChildRun.notFoundError)))
            return
        }
        var child = NewRun(
            id: RunID(ids.next(at: now)), workflowID: workflow.id, definitionDigest: workflow.digest, acceptedAt: now,
            origin: .parent(run, waitID: request.awaitsCompletion ? wait : nil, input: request.input))
        child.isQueued = triggers?.policies[workflow.id]?.isLimited ?? false
        children.append((run, wait, child, request.awaitsCompletion))
        if !request.awaitsCompletion {
            answers.append((run, wait, .result(["runId": .string(child.id.description)])))
        }
    }

    /// Whether a run of the plant has a new answer once this is committed.
    var answersRuns: Bool { !answers.isEmpty || !children.isEmpty }

    // MARK: Steps of the statement

    var fragments: Statement {
        """
        \(fragment: forgetting)\(fragment: listening)\(fragment: openedTasks.fragment)\(fragment: startingChildren)\
        \(fragment: answering)
        """
    }

    private var forgetting: Statement {
        """
        \(fragment: consuming)\(fragment: closing)\(fragment: cleaning)
        """
    }

    private var consuming: Statement {
        guard !consumed.isEmpty else { return "" }
        return """
            , consumed AS (
              DELETE FROM millwright.run_input AS input
              WHERE \(fragment: plant.owns("input")) AND input.number = ANY (\(consumed.map(\.number)))
                AND input.run_id IN (SELECT moved.run_id FROM moved)
            )
            """
    }

    /// Waits that the engine gave up.
    private var closing: Statement {
        guard !closed.isEmpty else { return "" }
        let runs = Set(closed.map(\.run)).sorted()
        return """
            , given_up AS (
              SELECT given.run_id, given.wait_id
              FROM unnest(\(closed.map(\.run)), \(closed.map(\.wait))) AS given (run_id, wait_id)
              JOIN moved ON moved.run_id = given.run_id
            ), unlistened AS (
              DELETE FROM millwright.run_listener AS listener
              WHERE \(fragment: plant.owns("listener")) AND listener.run_id = ANY (\(runs))
                AND (listener.run_id, listener.wait_id) IN (SELECT given_up.run_id, given_up.wait_id FROM given_up)
            ), withdrawn AS (
              UPDATE millwright.human_task AS task
              SET status = 'cancelled', assignee_principal_id = NULL, assignee_name = NULL, next_action_at = NULL,
                closed_at = \(now)
              WHERE \(fragment: plant.owns("task")) AND task.run_id = ANY (\(runs))
                AND (task.run_id, task.wait_id) IN (SELECT given_up.run_id, given_up.wait_id FROM given_up)
                AND task.status IN ('open', 'claimed')
            )
            """
    }

    private var cleaning: Statement {
        guard !ended.isEmpty else { return "" }
        return """
            , unlistened_at_end AS (
              DELETE FROM millwright.run_listener AS listener
              WHERE \(fragment: plant.owns("listener")) AND listener.run_id = ANY (\(ended))
                AND listener.run_id IN (SELECT moved.run_id FROM moved)
            ), withdrawn_at_end AS (
              UPDATE millwright.human_task AS task
              SET status = 'cancelled', assignee_principal_id = NULL, assignee_name = NULL, next_action_at = NULL,
                closed_at = \(now)
              WHERE \(fragment: plant.owns("task")) AND task.run_id = ANY (\(ended))
                AND task.run_id IN (SELECT moved.run_id FROM moved)
                AND task.status IN ('open', 'claimed')
            ), clocks_stopped AS (
              \(fragment: ServiceLevelRow.stopping("= ANY (\(ended))", in: plant, at: now))
                AND clock.run_id IN (SELECT moved.run_id FROM moved)
            )
            """
    }

    /// A statement of its own, after the one that ends the runs: that one does not see what somebody stored for them while it
    /// waited until it had them.
    var emptying: Statement {
        """
        DELETE FROM millwright.run_input AS input
        WHERE \(fragment: plant.owns("input")) AND input.run_id = ANY (\(ended))
          AND EXISTS (
            SELECT
            FROM millwright.run AS run
            WHERE \(fragment: plant.owns("run")) AND run.run_id = input.run_id
              AND run.status IN ('completed', 'faulted', 'cancelled'))
        """
    }

    private var listening: Statement {
        guard !listeners.isEmpty else { return "" }
        return """
            , listening AS (
              INSERT INTO millwright.run_listener (
                partner_id, client_id, plant_id, run_id, wait_id, event_type, attributes, condition, variables,
                takes_many)
              SELECT
                \(fragment: plant.values), given.run_id, given.wait_id, given.event_type, given.attributes,
                given.condition, given.variables, given.takes_many
              FROM unnest(
                \(listeners.map(\.run)), \(listeners.map(\.wait)),
                \(listeners.map { $0.filter.attributes["type"] ?? "" }),
                \(listeners.map { JSONBytes($0.filter.attributesJSON) }), \(listeners.map(\.filter.condition)),
                \(listeners.map { JSONBytes($0.filter.variables) }), \(listeners.map(\.filter.takesMany))
              ) AS given (run_id, wait_id, event_type, attributes, condition, variables, takes_many)
              JOIN moved ON moved.run_id = given.run_id
            )
            """
    }

    var openedTasks: HumanTaskOpening { HumanTaskOpening(plant: plant, asked: humanTasks, now: now) }

    /// A chain that is too long is cut: the parent is told instead.
    private var startingChildren: Statement {
        guard !children.isEmpty else { return "" }
        return """
            , child AS (
              SELECT given.*, moved.chain_depth + 1 AS chain_depth, moved.initiator_principal_id, moved.requested_by,
                moved.further_initiators, moved.further_requesters,
                coalesce(moved.root_run_id, moved.run_id) AS root_run_id
              FROM unnest(
                \(children.map(\.child.id)), \(children.map(\.run)), \(children.map(\.wait)),
                \(children.map(\.isAwaited)), \(children.map(\.child.workflowID)),
                \(children.map(\.child.definitionDigest)), \(children.map { JSONBytes($0.child.input) })
              ) AS given (run_id, parent_run_id, parent_wait_id, is_awaited, workflow_id, definition_digest, input)
              JOIN moved ON moved.run_id = given.parent_run_id
            ), started_children AS (
              INSERT INTO millwright.run (
                partner_id, client_id, plant_id, run_id, workflow_id, definition_digest, status, sequence, epoch,
                priority, chain_depth, journal_length, accepted_at, input, initiator_principal_id, requested_by,
                further_initiators, further_requesters, root_run_id, parent_run_id, parent_wait_id, queued_at)
              SELECT
                \(fragment: plant.values), child.run_id, child.workflow_id, child.definition_digest, 'pending', 0, 0,
                \(Int32(NewRun.defaultPriority)), child.chain_depth, 0, \(now), child.input,
                child.initiator_principal_id, child.requested_by, child.further_initiators, child.further_requesters,
                child.root_run_id, child.parent_run_id,
                CASE WHEN child.is_awaited THEN child.parent_wait_id END,
                millwright.queued_since(\(fragment: plant.values), child.workflow_id, \(now))
              FROM child
              WHERE child.chain_depth <= \(Int32(NewRun.maximumChainDepth))
            ), too_deep AS (
              INSERT INTO millwright.run_input (
                partner_id, client_id, plant_id, run_id, wait_id, arrived_at, error)
              SELECT
                \(fragment: plant.values), child.parent_run_id, child.parent_wait_id, \(now),
                \(ExactJSON(ChildRun.tooDeepError.json))
              FROM child
              WHERE child.chain_depth > \(Int32(NewRun.maximumChainDepth))
            )
            """
    }

    private var answering: Statement {
        guard !answers.isEmpty else { return "" }
        return """
            , answered_at_once AS (
              INSERT INTO millwright.run_input (
                partner_id, client_id, plant_id, run_id, wait_id, arrived_at, result, error)
              SELECT
                \(fragment: plant.values), given.run_id, given.wait_id, \(now), given.result, given.error
              FROM unnest(
                \(answers.map(\.run)), \(answers.map(\.wait)), \(answers.map { $0.answer.result.map(JSONBytes.init) }),
                \(answers.map { $0.answer.error.map { JSONBytes($0.json) } })
              ) AS given (run_id, wait_id, result, error)
              JOIN moved ON moved.run_id = given.run_id
            )
            """
    }
}

extension CommitEffects.Answer {
    fileprivate var result: JSONValue? { if case .result(let value) = self { value } else { nil } }
    fileprivate var error: WorkflowError? { if case .error(let error) = self { error } else { nil } }
}

extension EventFilter {
    var attributesJSON: JSONValue {
        let sorted = attributes.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
        return .object(JSONObject(uniqueKeysWithValues: sorted))
    }
}
