import JSON
import Primitives
import Tenancy

/// One plant of a bench with its runner, ready to be sent events.
struct BenchPlant: Sendable {
    let id: String
    let scope: TenantScope
    private let key: String

    /// The plant of a platform that is made for it, with the workflow of two tasks.
    init(_ stage: BenchHost.Stage, slug: String) async throws {
        try await self.init(stage, try await BenchPlatform(stage.client), slug: slug, template: "bench-two-tasks")
    }

    init(_ stage: BenchHost.Stage, _ platform: BenchPlatform, slug: String, template: String) async throws {
        id = try await platform.makePlant(slug, running: template)
        try await platform.waitForRunner(of: id)
        guard let plantID = PlantID(id), let scope = try await stage.domain.tenants.plantScope(of: plantID) else {
            throw Problem.notFound("plant")
        }
        self.scope = scope
        key = stage.client.key.reveal()
    }

    /// - Parameter payloadBytes: of the event's data beyond the usual hundred.
    func load(_ name: String, payloadBytes: Int = 0) -> EventLoad {
        EventLoad(plantID: id, key: key, type: BenchPlatform.eventType, name: name, payloadBytes: payloadBytes)
    }
}
