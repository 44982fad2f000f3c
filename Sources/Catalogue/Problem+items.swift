import Database
package import Primitives
import YAML

/// Collects what is wrong with a request, so that its author is told everything at once.
struct Findings {
    private(set) var items: [Problem.Item] = []

    mutating func add(_ path: String, _ message: String) { items.append(.init(path: path, message: message)) }
    mutating func add(contentsOf more: [Problem.Item]) { items += more }

    func refuse(_ code: Problem.Code = .invalidParameters, _ detail: String) throws(Problem) {
        guard items.isEmpty else { throw Problem(code, detail, items: items) }
    }

    mutating func checkName(_ name: String, at path: String) {
        let isPlain = name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        let hasText = name.contains { !$0.isWhitespace }
        if !(1...120).contains(name.unicodeScalars.count) || !isPlain || !hasText {
            add(path, "Must be one line of 1 to 120 characters.")
        }
    }
}

/// - Throws: `Problem(.preconditionFailed)` when the caller decided on another state than the one that is there.
func requireVersion(_ expected: Int64?, of current: Int64) throws(Problem) {
    guard let expected, expected != current else { return }
    throw Problem(.preconditionFailed, "Somebody else changed it in between. Read it again and decide again.")
}

extension TenantScope {
    /// - Throws: `Problem.notFound` for a scope above a plant: what is asked for exists only in a plant.
    func requirePlant() throws(Problem) -> PlantKey {
        guard case .plant(let partner, let client, let plant) = self else { throw Problem.notFound("plant") }
        return PlantKey(partner: partner, client: client, plant: plant)
    }
}

/// The three tenant columns of a plant's rows.
struct PlantKey: Hashable {
    let partner: PartnerID
    let client: ClientID
    let plant: PlantID

    var scope: TenantScope { .plant(partner, client, plant) }

    /// The values of the three columns, in their order.
    var values: Statement { "\(partner), \(client), \(plant)" }

    /// It stands first in every condition, so that the keys that it leads are used.
    var condition: Statement { "partner_id = \(partner) AND client_id = \(client) AND plant_id = \(plant)" }

    func condition(_ alias: StaticString) -> Statement {
        """
        \(raw: alias).partner_id = \(partner) AND \(raw: alias).client_id = \(client)
        AND \(raw: alias).plant_id = \(plant)
        """
    }
}
