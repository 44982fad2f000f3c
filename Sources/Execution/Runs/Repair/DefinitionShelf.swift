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

    /// Those that the plant has and that can be used, by digest; the others are left out.
    func definitions(_ digests: Set<String>, of plant: PlantKey) async throws -> [String: Definition] {
        var found = definitions.withLock { known in known.filter { digests.contains($0.key) } }
        let missing = digests.subtracting(found.keys)
        guard !missing.isEmpty else { return found }
        for envelope in try await source.definitions(missing, of: plant) {
            guard let definition = DefinitionDecoder.decode(envelope.document).definition else { continue }
            found[envelope.digest] = definition
            definitions.withLock { known in
                if known.count >= Self.maximumDefinitions { known = [:] }
                known[envelope.digest] = definition
            }
        }
        return found
    }
}
