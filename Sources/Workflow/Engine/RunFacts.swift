package import JSON
package import Primitives

/// What expressions can know about a run beyond its data. The same for every advance of the run.
package struct RunFacts: Sendable {
    package var runID: RunID
    /// Members added to `$workflow` (which has `id`, `definition`, `input` and `startedAt` of its own).
    package var workflow: JSONValue
    /// `$runtime`: `{"name":…,"version":…,"metadata":{…}}`.
    package var runtime: JSONValue
    /// The plant's parameter values: the run's first `$context` is `{"parameters": …}`.
    package var parameters: JSONValue

    package init(
        runID: RunID, workflow: JSONValue = .object([:]), runtime: JSONValue = .object([:]),
        parameters: JSONValue = .object([:])
    ) {
        self.runID = runID
        self.workflow = workflow
        self.runtime = runtime
        self.parameters = parameters
    }
}
