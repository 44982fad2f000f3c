import Primitives
package import RunnerProtocol

/// Definitions as runners need them. A digest names the same bytes for ever, so what was read once may be kept.
package protocol DefinitionSource: Sendable {
    /// One envelope for each digest that the plant has; one that it does not have is left out.
    func definitions(_ digests: Set<String>, of plant: PlantKey) async throws -> [DefinitionEnvelope]
}
