import JSON
import Primitives
import Workflow

/// The other workflows that a run on a laptop can start, and how deep one may start another.
struct ChildWorkflows: Sendable {
    static let maximumDepth = 32

    var definitions: [Definition]
    var depth = 0
    /// Makes the run of a child: its own facts and performer.
    var makeRun: @Sendable (Definition, ChildWorkflows, Timestamp) -> DefinitionRun

    /// `nil` when no such workflow was given. `latest` takes the last one of that name.
    func run(_ request: ChildRunRequest, openedAt moment: Timestamp) async -> SimulatedAnswer? {
        let found = definitions.last {
            $0.header.namespace == request.namespace && $0.header.name == request.name
                && (request.version == "latest" || $0.header.version == request.version)
        }
        guard let found else { return nil }
        guard depth < Self.maximumDepth else {
            return SimulatedAnswer(
                .failure(
                    WorkflowError(
                        .runtime, detail: "Workflows start each other more than \(Self.maximumDepth) deep.")))
        }
        var inner = self
        inner.depth += 1
        var run = makeRun(found, inner, moment)
        let report = await run.run(input: request.input)
        let seconds = report.endedAt.duration(since: moment).seconds
        guard request.awaitsCompletion else { return SimulatedAnswer(.success([:])) }
        if let output = report.output, report.status == .completed {
            return SimulatedAnswer(.success(output), afterSeconds: seconds)
        }
        let error =
            report.error
            ?? WorkflowError(
                .runtime,
                detail: "The workflow \(request.namespace)/\(request.name) is not at its end: "
                    + "it is \(report.status.rawValue).")
        return SimulatedAnswer(.failure(error), afterSeconds: seconds)
    }
}
