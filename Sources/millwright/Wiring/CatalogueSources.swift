import Catalogue
import Execution
import JSON
import Logging
import Primitives
import RunnerProtocol
import Vault
import Web

/// What execution asks of the catalogue: definitions by digest.
struct CatalogueDefinitions: DefinitionSource {
    let catalogue: PlantCatalogue

    func definitions(_ digests: Set<String>, of plant: PlantKey) async throws -> [DefinitionEnvelope] {
        try await catalogue.revisions(digests, in: plant.scope).map { revision in
            DefinitionEnvelope(
                digest: revision.digest, document: revision.document, parameters: revision.parameters,
                bindings: revision.bindings, facts: revision.facts)
        }
    }
}

/// A plant's connections, their credentials sealed to the runner that asks.
struct CatalogueSettings: SettingsSource {
    /// What one runner may have in hand at once; the runner bounds itself by the smaller of this and its own limits.
    static let maximumRunsInHand = 1024
    static let maximumEffects = 64

    let catalogue: PlantCatalogue
    let vault: Vault
    let logger: Logger

    func settings(
        of plant: PlantKey, newerThan revision: Int64, sealedTo publicKey: [UInt8]
    ) async throws -> PlantSettings? {
        let current = try await catalogue.settingsRevision(in: plant.scope)
        // A runner that has nothing yet gets its settings also where no connection was ever made.
        if current == revision, revision != 0 { return nil }
        let settings = try await catalogue.settings(in: plant.scope)
        let uses = settings.connections.map(CredentialUse.init(of:))
        let sealed = try await vault.seal(Set(uses.compactMap(\.self)), for: plant.scope, to: publicKey)
        return PlantSettings(
            revision: settings.revision,
            connections: zip(settings.connections, uses).map { connection, use in
                var envelope = ConnectionEnvelope(
                    id: connection.id, name: connection.name, connector: connection.connector,
                    configuration: connection.configuration, credential: nil)
                switch use.flatMap({ sealed[$0] }) {
                case .sealed(let credential, let isBound)?:
                    envelope.credential = credential
                    envelope.isCredentialBound = isBound
                case .refused(let reason)?:
                    // The runner says that the credential is missing; why, the connection's test says, and this.
                    logger.warning(
                        "a credential is withheld from a connection",
                        metadata: ["connection": "\(connection.id)", "reason": "\(reason)"])
                case nil: break
                }
                return envelope
            }, maximumRunsInHand: Self.maximumRunsInHand, maximumEffects: Self.maximumEffects)
    }
}
