import Database
import Primitives
import Tenancy
import Workflow

/// What an action needs to know of definitions: read before its transaction, which must not wait for another one.
struct RepairDefinitions: Sendable {
    var byDigest: [String: Definition] = [:]
    /// `namespace/name` of the plant's workflows whose runs ask people who are kept apart, or start others that do.
    var guardedWorkflows: Set<String> = []

    /// - Throws: `.conflict` for one that was not read.
    func known(_ digest: String) throws(Problem) -> Definition {
        guard let definition = byDigest[digest] else {
            throw Problem(.conflict, "The run has changed meanwhile. Look at it, and ask again.")
        }
        return definition
    }

    func guards(of digest: String) throws(Problem) -> DutyGuards {
        DutyGuards(try known(digest), guardedWorkflows: guardedWorkflows)
    }

    /// Whether duties are kept apart there; a definition that cannot be read is taken to do so.
    func keepsDutiesApart(_ digest: String) -> Bool {
        guard let definition = byDigest[digest] else { return true }
        return !DutyGuards(definition, guardedWorkflows: guardedWorkflows).guards.isEmpty
    }
}

extension RunDirectory {
    /// Workflows that are started by one another and looked at; what lies beyond is taken to ask people who are kept apart.
    static let maximumChildWorkflows = 60

    func definitions(for action: RunAction, of runs: [RunID], _ plant: PlantKey) async throws -> RepairDefinitions {
        guard action.choosesTheWay else { return RepairDefinitions() }
        let rows = try await database.readPipeline(
            plant.scope,
            [
                """
                SELECT DISTINCT run.definition_digest, workflow.digest
                FROM millwright.run AS run
                JOIN millwright.workflow AS workflow
                  ON \(fragment: plant.owns("workflow")) AND workflow.workflow_id = run.workflow_id
                WHERE \(fragment: plant.owns("run")) AND run.run_id = ANY (\(runs))
                """
            ])[0]
        var digests: Set<String> = []
        for row in rows {
            digests.insert(try row.decode("definition_digest"))
            if action.version != nil { digests.insert(try row.decode("digest")) }
        }
        if case .digest(let digest) = action.version { digests.insert(digest) }
        let definitions = try await shelf.definitions(digests, of: plant)
        return RepairDefinitions(
            byDigest: definitions,
            guardedWorkflows: try await guardedWorkflows(below: Array(definitions.values), of: plant))
    }

    /// The child workflows as the plant has them now, and theirs.
    private func guardedWorkflows(below definitions: [Definition], of plant: PlantKey) async throws -> Set<String> {
        var children: [String: Set<String>] = [:]
        var guarded: Set<String> = []
        var open = definitions.reduce(into: Set<String>()) { $0.formUnion($1.awaitedWorkflows) }
        while !open.isEmpty {
            guard children.count + open.count <= Self.maximumChildWorkflows else {
                guarded.formUnion(open)
                break
            }
            for name in open { children[name] = [] }
            for (name, definition) in try await workflows(named: open, of: plant) {
                if definition.keepsDutiesApart { guarded.insert(name) }
                children[name, default: []].formUnion(definition.awaitedWorkflows)
            }
            let below = open.reduce(into: Set<String>()) { $0.formUnion(children[$1] ?? []) }
            open = below.subtracting(children.keys)
        }
        // Whoever waits for one that asks, asks.
        func isNewlyGuarded(_ name: String, _ below: Set<String>) -> Bool {
            !guarded.contains(name) && !guarded.isDisjoint(with: below)
        }
        while let name = children.first(where: isNewlyGuarded)?.key { guarded.insert(name) }
        return guarded
    }

    private func workflows(named names: Set<String>, of plant: PlantKey) async throws -> [(String, Definition)] {
        let rows = try await database.readPipeline(
            plant.scope,
            [
                """
                SELECT workflow.document_namespace || '/' || workflow.document_name AS name, workflow.digest
                FROM millwright.workflow AS workflow
                WHERE \(fragment: plant.owns("workflow"))
                  AND workflow.document_namespace || '/' || workflow.document_name = ANY (\(names.sorted()))
                """
            ])[0]
        let found = try rows.map { (try $0.decode("name", as: String.self), try $0.decode("digest", as: String.self)) }
        let definitions = try await shelf.definitions(Set(found.map(\.1)), of: plant)
        return found.compactMap { name, digest in definitions[digest].map { (name, $0) } }
    }

    /// The change with what is to be known of the actor.
    func change(_ action: RunAction, in plant: PlantKey, reason: String, by actor: Actor) async throws -> RunChange {
        var names = [actor.displayName]
        if action.choosesTheWay, let id = actor.principalID {
            names.append(id.description)
            let person = try await PrincipalLookup(database).principal(id, in: plant.scope)
            names += [person?.displayName, person?.email].compactMap { $0 }
        }
        return RunChange(plant: plant, reason: reason, actor: actor, ids: ids, now: clock.now(), names: names)
    }
}

extension RunAction {
    /// The version that it takes a run to; `nil` where the run keeps its own.
    fileprivate var version: RunVersion? {
        switch self {
        case .restart(let version, _), .migrate(let version, _): version == .same ? nil : version
        case .cancel, .suspend, .resume, .retry, .rerun: nil
        }
    }
}
