import Connectors
import Execution
import JSON
import Logging
import NIOCore
import Primitives
import Provisioning
import RunnerProtocol
import Tenancy
import Web

/// The reconciler's view of the runners' rows.
struct StoredRunners: RunnerRegistry {
    let store: RunnerStore

    func desiredPlants() async throws -> [TenantScope] { try await store.desiredPlants() }

    func beginEpoch(of plant: TenantScope) async throws -> (runnerID: RunnerID, epoch: Int64) {
        try await store.beginEpoch(of: plant)
    }

    func runnerEnded(of plant: TenantScope, epoch: Int64, _ exit: String, restartInSeconds: Double?) async throws {
        try await store.runnerEnded(of: plant, epoch: epoch, exit, willRestart: restartInSeconds != nil)
    }

    func changes() -> AsyncStream<Void> { store.changes() }
}

/// `sync` as bytes: read, done, answered.
struct SyncGate: SyncEndpoint {
    let service: SyncService
    let logger: Logger

    func respond(to body: [UInt8], of plant: TenantScope) async -> SyncReply {
        do {
            let request = try SyncRequest(decoding: body)
            return SyncReply(status: 200, body: try await service.sync(plant, request).encoded())
        } catch let problem as Problem {
            return reply(problem)
        } catch let problem as MessageProblem {
            return reply(Problem(.invalidRequest, "\(problem)"))
        } catch {
            logger.warning("a sync failed", metadata: ["plant": "\(plant)", "reason": "\(error)"])
            return reply(Problem(.unavailable, "The control plane cannot do this now."))
        }
    }

    private func reply(_ problem: Problem) -> SyncReply {
        SyncReply(
            status: problem.code.httpStatus, body: problem.document(instance: "urn:millwright:sync").serializedBytes())
    }
}

/// The plants' ways out, each with the rules as they are at the moment of a connection.
enum PlantEgress {
    static func server(
        _ gateway: EgressGateway, _ rules: EgressDirectory, _ privateNetworks: PrivateNetworks
    ) -> EgressServer {
        { plant, path in
            try await gateway.serve(
                plant: plant.plantID?.description ?? "", socketPath: path,
                policy: { EgressPolicy(try await rules.rules(of: plant), within: privateNetworks) })
        }
    }
}

/// What the plants allow their workflows to run, as it is at the moment of a job.
enum PlantProcesses {
    static func policies(_ directory: ProcessPolicyDirectory) -> ProcessGate.Policies {
        ProcessGate.Policies(
            policy: { try await directory.policy(of: $0) },
            changes: { plant in plant.plantID.map { directory.changes(of: $0) } ?? AsyncStream { $0.finish() } })
    }
}
