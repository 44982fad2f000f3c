import Database
import Execution
import JSON
import Primitives
import Workflow

/// An operator who tries again, begins again, takes a run to another version, and acts on many runs at once.
extension SimulationWorld {
    /// - Returns: whether there was anything to do.
    func repair(at plane: SimulatedPlane) throws -> Bool {
        if random.chance(300) {
            beginBulkOperation(at: plane)
            return true
        }
        if plan.workflows.contains(.frail), let run = try runs(where: .faulted, of: .frail).first {
            act(on: run, random.chance(700) ? .retry(input: nil) : .rerun(task: "/do/0/act", input: [:]), at: plane)
            return true
        }
        if plan.workflows.contains(.move), let run = try runs(where: .open, of: .move).first {
            act(on: run, .migrate(.digest(SimulationWorkflow.movedDigest), mapping: [:]), at: plane)
            return true
        }
        return false
    }

    /// In the calm nothing that can be mended stays faulted.
    /// - Returns: whether a run was.
    func repairSomething() throws -> Bool {
        guard plan.workflows.contains(.frail), let run = try runs(where: .faulted, of: .frail).first else {
            return false
        }
        act(on: run, .retry(input: nil), at: planes[random.below(planes.count)])
        return true
    }

    /// Somebody starts what an event with the same key starts, too.
    func startByHand() {
        let keyed = plan.workflows.filter { $0.keyedType != nil }
        let events = events.filter { $0.type == SimulationWorkflow.keyedType }
        guard !keyed.isEmpty, !events.isEmpty else { return }
        let (workflow, plane) = (random.pick(keyed), planes[random.below(planes.count)])
        let start = RunDirectory.Start(
            workflow.id, input: [], businessKey: random.pick(events).subject,
            deduplicate: workflow == .once ? .ever : .open)
        guard plane.isAlive else { return }
        note("'\(workflow.rawValue)' is to be started by hand for \(start.businessKey ?? "")")
        plane.start {
            try await plane.runs.start(start, in: SimulationPlant.scope, by: .system)
        } then: { [self] result in
            guard case .success(let started) = result else { return note("no run is started: \(Self.reason(result))") }
            note("run \(started.id) \(started.isExisting ? "was there" : "is started")")
            ledger.started.insert(started.id)
        }
    }

    private func act(on run: RunID, _ action: RunAction, at plane: SimulatedPlane) {
        note("run \(run): \(action.name.rawValue)")
        plane.start {
            try await plane.runs.perform(action, on: run, in: SimulationPlant.scope, reason: "Mended.", by: .system)
        } then: { [self] result in
            note("run \(run): \(action.name.rawValue) \(Self.reason(result).isEmpty ? "done" : Self.reason(result))")
        }
    }

    /// Its reason tells it apart: each run that it changed is audited under it.
    private func beginBulkOperation(at plane: SimulatedPlane) {
        let action: RunAction = random.chance(600) ? .suspend : .resume
        let filter = RunFilter(statuses: action == .suspend ? [.pending, .running, .waiting] : [.suspended])
        bulkOperations += 1
        let reason = "Operation \(bulkOperations)"
        note("\(reason): \(action.name.rawValue) all")
        plane.start {
            let preview = try await plane.runs.preview(
                action, on: filter, in: SimulationPlant.scope, reason: reason, by: .system)
            return try await plane.runs.begin(
                action, on: filter, before: preview.before, planned: preview.count, in: SimulationPlant.scope,
                reason: reason, by: .system)
        }
    }
}
