import Database
import JSON
import Primitives
import Tenancy
import Workflow

/// Migrate: the run goes on with another version of its workflow.
extension RunChange {
    func migrate(
        _ run: Standing, _ version: RunVersion, _ mapping: [String: String], _ shelf: DefinitionShelf,
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
        var state: JSONValue?
        if let old = run.state {
            state = try migrated(
                old, Migration(from: try shelf.known(run.digest), to: try shelf.known(digest), mapping: mapping))
        }
        // Whoever had it in hand is refused: its next commit continues another transition.
        try await transaction.execute(
            """
            UPDATE millwright.run AS run
            SET definition_digest = \(digest), state = \(ExactJSON(state) as ExactJSON?),
              sequence = run.sequence + 1, epoch = 0
            WHERE \(fragment: plant.owns("run")) AND run.run_id = \(run.id)
            """)
        try await audit(
            "run.migrated", of: run.id, old: ["digest": .string(run.digest)],
            new: ["digest": .string(digest), "mapping": RunAction.migrate(version, mapping: mapping).arguments],
            in: transaction)
        return Aftermath(needs: .work)
    }

    private func migrated(_ json: JSONValue, _ migration: Migration) throws -> JSONValue {
        let state: RunState
        do {
            state = try RunState(json: json)
        } catch {
            throw Problem(.wrongState, "The run's state cannot be read. Restart it.")
        }
        do {
            return try migration.migrated(state).json
        } catch {
            throw Problem(
                .wrongState, "The run does not fit the version. Map what is named, or let the run end with its own.",
                items: error.items)
        }
    }
}
