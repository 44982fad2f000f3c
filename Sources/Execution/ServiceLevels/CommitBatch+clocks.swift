import JSON
import Primitives
import RunnerProtocol
import Workflow

extension CommitBatch {
    /// What the runs that moved ask of their clocks.
    func clockRequests(_ moved: [RunID: Moved]) -> [ServiceLevels.Request] {
        effects.clocks.compactMap { asked in
            moved[asked.run].map {
                .init(
                    runID: asked.run, workflowID: $0.workflowID, waitID: asked.wait, arguments: asked.arguments)
            }
        }
    }

    /// What the runs emit, in the order of the commits.
    var emitted: [(run: RunID, event: JSONValue)] {
        commits.flatMap { commit in commit.emitted.map { (commit.runID, $0) } }
    }
}
