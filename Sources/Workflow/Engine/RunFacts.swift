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
    /// `$secrets`. What an expression takes out of it becomes data of the run.
    package var secrets: [String: JSONValue]

    package init(
        runID: RunID, workflow: JSONValue = .object([:]), runtime: JSONValue = .object([:]),
        parameters: JSONValue = .object([:]), secrets: [String: JSONValue] = [:]
    ) {
        self.runID = runID
        self.workflow = workflow
        self.runtime = runtime
        self.parameters = parameters
        self.secrets = secrets
    }
}
