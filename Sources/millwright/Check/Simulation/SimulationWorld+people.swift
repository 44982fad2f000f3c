import Database
import Execution
import Primitives
import Tenancy

/// People: they decide late, twice, and at the same time; an operator suspends, resumes and cancels.
extension SimulationWorld {
    static let people: [Principal] = (0..<3).map { number in
        Principal(
            id: PrincipalID(UUIDv7(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0200 + UInt64(number))),
            kind: .user, displayName: "Person \(number)", home: SimulationPlant.scope,
            bindings: [
                RoleBinding(role: .supervisor, scope: SimulationPlant.scope),
                RoleBinding(role: .quality, scope: SimulationPlant.scope),
            ], createdAt: SimulatedTime.origin)
    }

    /// - Returns: whether there was anything to decide.
    func personActs() throws -> Bool {
        let rows = try stage.session.query(
            """
            SELECT human_task_id, workflow_id FROM millwright.human_task WHERE status IN ('open', 'claimed')
            ORDER BY human_task_id
            """)
        guard !rows.isEmpty else { return false }
        let row = rows[random.below(rows.count)]
        let task = try row.decode("human_task_id", as: HumanTaskID.self)
        let isPanels = try row.decode("workflow_id", as: WorkflowID.self) == SimulationWorkflow.panel.id
        let plane = planes[random.below(planes.count)]
        // In the calm, whoever has claimed it may be anybody: release it by deciding as each of them in turn.
        let person = Self.people[random.below(Self.people.count)]
        guard plane.isAlive else { return true }
        if isStorm, random.chance(150) {
            note("\(person.displayName) claims \(task)")
            plane.start { try await plane.people.claim(task, in: SimulationPlant.scope, by: person) }
            return true
        }
        let outcome = random.pick(isPanels ? ["yes", "yes", "no", "no", "stop"] : ["yes", "no"])
        note("\(person.displayName) decides \(task): \(outcome)")
        plane.start {
            try await plane.people.decide(task, in: SimulationPlant.scope, outcome: outcome, by: person)
        } then: { [self] result in
            guard case .success = result else { return note("\(task) is not decided: \(Self.reason(result))") }
            note("\(task) is decided by \(person.displayName)")
            ledger.decisions[task, default: []].append(.init(person: person.id, outcome: outcome))
        }
        return true
    }

    static func reason<Value>(_ result: Result<Value, any Error>) -> String {
        guard case .failure(let error) = result else { return "" }
        return (error as? Problem)?.code.rawValue ?? "\(type(of: error))"
    }

    /// - Returns: whether a run was suspended.
    func resumeSomething() throws -> Bool {
        guard let run = try runs(where: .suspended).first else { return false }
        let plane = planes[random.below(planes.count)]
        note("run \(run) is to be resumed")
        plane.start {
            try await plane.runs.resume(run, in: SimulationPlant.scope, reason: "Go on.", by: .system)
        }
        return true
    }

    func operate() throws {
        let plane = planes[random.below(planes.count)]
        guard plane.isAlive else { return }
        if random.chance(500), try repair(at: plane) { return }
        if random.chance(300), let run = try runs(where: .suspended).first {
            note("run \(run) is to be resumed")
            return plane.start {
                try await plane.runs.resume(run, in: SimulationPlant.scope, reason: "Go on.", by: .system)
            }
        }
        let open = try runs(where: .open)
        guard !open.isEmpty else { return }
        let run = random.pick(open)
        if random.chance(700) {
            let isShort = random.chance(400)
            note("run \(run) is to be suspended\(isShort ? " for a moment" : "")")
            return plane.start {
                try await plane.runs.suspend(run, in: SimulationPlant.scope, reason: "Wait.", by: .system)
                guard isShort else { return }
                try await plane.runs.resume(run, in: SimulationPlant.scope, reason: "Go on.", by: .system)
            }
        }
        note("run \(run) is to be cancelled")
        plane.start {
            try await plane.runs.cancel(run, in: SimulationPlant.scope, reason: "No more.", by: .system)
        } then: { [self] result in
            note("run \(run) is\(Self.reason(result).isEmpty ? "" : " not") cancelled")
            if case .success = result { ledger.cancelled.insert(run) }
        }
    }

    enum Kind { case open, suspended, faulted }

    /// - Parameter workflow: `nil` for any.
    func runs(where kind: Kind, of workflow: SimulationWorkflow? = nil) throws -> [RunID] {
        let states =
            switch kind {
            case .open: ["pending", "running", "waiting"]
            case .suspended: ["suspended"]
            case .faulted: ["faulted"]
            }
        return try stage.session.query(
            """
            SELECT run_id FROM millwright.run
            WHERE status = ANY (\(states)) AND (\(workflow == nil) OR workflow_id = \((workflow ?? .call).id))
            ORDER BY run_id
            """
        ).map { try $0.decode("run_id") }
    }
}
