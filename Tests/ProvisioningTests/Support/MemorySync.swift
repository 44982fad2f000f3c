import JSON
import Primitives
import Provisioning
import RunnerProtocol
import Synchronization

/// The control plane's end of `sync`: hands out what a test has, takes every commit, and holds the calls that wait.
final class MemorySync: SyncEndpoint {
    struct Seen: Sendable {
        var plant: TenantScope
        var request: SyncRequest
    }

    private struct State {
        var seen: [Seen] = []
        var work: [TenantScope: SyncResponse] = [:]
    }

    private let state = Mutex(State())

    var seen: [Seen] { state.withLock { $0.seen } }

    func requests(of plant: TenantScope) -> [SyncRequest] { seen.filter { $0.plant == plant }.map(\.request) }
    func commits(of plant: TenantScope) -> [RunCommit] { requests(of: plant).flatMap(\.commits) }

    /// A run of one call, for the next runner of the plant.
    func give(_ plant: TenantScope, aCallTo url: String) {
        give(plant, task: ["call": "http", "with": ["method": "get", "endpoint": .string(url)]])
    }

    /// A run of one task.
    func give(_ plant: TenantScope, task: JSONValue, input: JSONValue = [:]) {
        let digest = String(repeating: "a", count: 64)
        let document: JSONValue = [
            "document": ["dsl": "1.0.3", "namespace": "tests", "name": "fetch", "version": "1.0.0"],
            "do": [["fetch": task]],
        ]
        let item = WorkItem(
            runID: RunID(), workflowID: WorkflowID(), definitionDigest: digest, sequence: 0, state: nil, input: input,
            acceptedAt: .now())
        let envelope = DefinitionEnvelope(
            digest: digest, document: document, parameters: [:], bindings: [:], facts: [:])
        state.withLock { $0.work[plant] = SyncResponse(work: [item], definitions: [envelope]) }
    }

    func respond(to body: [UInt8], of plant: TenantScope) async -> SyncReply {
        guard let request = try? SyncRequest(decoding: body) else { return SyncReply(status: 400, body: []) }
        var response = state.withLock { state in
            state.seen.append(Seen(plant: plant, request: request))
            return (request.isFirst ? state.work.removeValue(forKey: plant) : nil) ?? SyncResponse()
        }
        response.verdicts = request.commits.map { _ in .committed }
        if response.work.isEmpty, request.commits.isEmpty, request.waitMilliseconds > 0 {
            try? await ContinuousClock().sleep(for: .milliseconds(request.waitMilliseconds))
        }
        return SyncReply(status: 200, body: response.encoded())
    }
}
