import Database
import Primitives

/// The run that an event of the plant's own comes from.
struct EventEmitter: Sendable, Hashable {
    var run: RunID
    /// Of the event: how many runs and events led to it.
    var chainDepth: Int

    init(run: RunID, chainDepth: Int) {
        self.run = run
        self.chainDepth = chainDepth
    }

    /// From the columns of a quarantined event; `nil` for one from outside.
    init?(row: Row) throws {
        guard let run = try row.decode("emitted_by_run_id", as: RunID?.self),
            let depth = try row.decode("chain_depth", as: Int?.self)
        else { return nil }
        self.init(run: run, chainDepth: depth)
    }

    /// Who is behind the run, those included who changed it since.
    static func causes(of runs: [RunID], _ plant: PlantKey) -> Statement {
        """
        SELECT run.initiator_principal_id, run.requested_by, run.further_initiators, run.further_requesters
        FROM millwright.run AS run
        WHERE \(fragment: plant.owns("run")) AND run.run_id = ANY (\(runs))
        ORDER BY run.run_id
        """
    }
}
