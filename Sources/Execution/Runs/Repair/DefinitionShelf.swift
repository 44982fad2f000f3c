import JSON
import Primitives
import RunnerProtocol
import Synchronization
import Workflow

/// Definitions that operators' actions look at, decoded once. A digest names the same definition for ever.
package final class DefinitionShelf: Sendable {
    /// Beyond that the shelf is emptied: it is filled again in a moment.
    static let maximumDefinitions = 64

    private let source: any DefinitionSource
    private let definitions = Mutex<[String: Definition]>([:])

    package init(_ source: any DefinitionSource) { self.source = source }

    /// What is on the shelf: to be asked inside a transaction, which must not wait for another one.
    func known(_ digest: String) throws(Problem) -> Definition {
        guard let definition = definitions.withLock({ $0[digest] }) else {
            throw Problem(.conflict, "The run has changed meanwhile. Look at it, and ask again.")
        }
        return definition
    }

    /// Puts the definitions on the shelf. One that the plant does not have, or that cannot be used, stays away.
    func fetch(_ digests: Set<String>, of plant: PlantKey) async throws {
        let missing = definitions.withLock { known in digests.filter { known[$0] == nil } }
        guard !missing.isEmpty else { return }
        for envelope in try await source.definitions(missing, of: plant) {
            guard let definition = DefinitionDecoder.decode(envelope.document).definition else { continue }
            definitions.withLock { known in
                if known.count >= Self.maximumDefinitions { known = [:] }
                known[envelope.digest] = definition
            }
        }
    }
}
