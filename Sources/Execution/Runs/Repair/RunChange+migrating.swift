import Database
import JSON
import Primitives
import Tenancy
import Workflow

/// Migrate: the run goes on with another version of its workflow.
extension RunChange {
    func migrate(
        _ run: Standing, _ version: RunVersion, _ mapping: [String: String], _ definitions: RepairDefinitions,
        in transaction: TenantTransaction
    ) async throws -> Aftermath {
        let digest = try await digest(of: version, for: run, in: transaction)
        guard digest != run.digest else { throw Problem(.wrongState, "The run has this version already.") }
        switch run.status {
        case .pending, .waiting, .suspended: break
        case .running:
            throw Problem(
                .wrongState,
                "An effect of the run is under way. Migrate it when it waits, or suspend it first.")
        case .completed, .faulted, .cancelled:
            throw Problem(.wrongState, "The run is \(run.status.rawValue): only an open run is migrated.")
        }
        try await refuseInvolved(in: run, [run.digest, digest], definitions, in: transaction)
        var state: JSONValue?
        if let old = run.state {
            let migration = Migration(
                from: try definitions.known(run.digest), to: try definitions.known(digest), mapping: mapping)
            let standing = try read(old)
            state = try migrated(standing, migration)
            try await refusePassing(standing, migration, of: run, definitions, in: transaction)
        }
        // Whoever had it in hand is refused: its next commit continues another transition.
        try await transaction.execute(
            """
            UPDATE millwright.run AS run
            SET definition_digest = \(digest), state = \(ExactJSON(state) as ExactJSON?),
              sequence = run.sequence + 1, epoch = 0
            WHERE \(fragment: plant.owns("run")) AND run.run_id = \(run.id)
            """)
        if let actor = actor.principalID {
            _ = try await transaction.batch(RunFamily(plant: plant, root: run.family).adding(actor))
        }
        try await audit(
            "run.migrated", of: run.id, old: ["digest": .string(run.digest)],
            new: ["digest": .string(digest), "mapping": RunAction.migrate(version, mapping: mapping).arguments],
            in: transaction)
        return Aftermath(needs: .work)
    }

    private func read(_ json: JSONValue) throws -> RunState {
        do {
            return try RunState(json: json)
        } catch {
            throw Problem(.wrongState, "The run's state cannot be read. Restart it.")
        }
    }

    private func migrated(_ state: RunState, _ migration: Migration) throws -> JSONValue {
        do {
            return try migration.migrated(state).json
        } catch {
            throw Problem(
                .wrongState, "The run does not fit the version. Map what is named, or let the run end with its own.",
                items: error.items)
        }
    }
}
