import JSON
import Primitives
import RunnerCore
import Workflow

/// The other systems of the simulated plant.
enum SimulationTarget: String, CaseIterable {
    /// Honours idempotency keys.
    case honest
    /// Does not, but can be asked what it did.
    case searchable
    /// Can do neither: what is unknown stays unknown, and a person has to look.
    case blind

    init?(_ effect: Effect) {
        let endpoint = effect.request.arguments["endpoint"]
        let address = endpoint?.stringValue ?? endpoint?["uri"]?.stringValue ?? ""
        guard let target = Self.allCases.first(where: { address.contains("//\($0.rawValue).") }) else { return nil }
        self = target
    }
}

/// What the targets did, and how a runner's calls reach them, as its connectors would make them.
struct SimulationTargets {
    struct Act: Hashable {
        var key: String
        var id: Effect.ID
    }

    /// In the order in which they were done.
    private(set) var acts: [SimulationTarget: [Act]] = [:]
    /// Every key that a call of a wait came with.
    private(set) var keys: [Effect.ID: Set<String>] = [:]

    static func result(_ key: String) -> JSONValue { ["id": .string(key)] }
    static let unknown = "the outcome of an earlier call is not known"

    /// What becomes of a call that reaches its target.
    /// - Parameter isRepeated: the runner itself has lost an answer to it.
    mutating func perform(_ effect: Effect, isRepeated: Bool) -> EffectResult {
        guard let target = SimulationTarget(effect) else {
            return .failed(.init(type: "sim:no-target", status: 400, title: "No such target"))
        }
        keys[effect.id, default: []].insert(effect.idempotencyKey)
        let isDone = acts[target, default: []].contains { $0.key == effect.idempotencyKey }
        let mayBeDone = effect.mayHaveHappened || isRepeated
        switch target {
        // A key that is known is answered as before; a search finds what was done.
        case .honest where isDone: return .succeeded(Self.result(effect.idempotencyKey))
        case .searchable where mayBeDone && isDone: return .succeeded(Self.result(effect.idempotencyKey))
        case .blind where mayBeDone:
            return .failed(.init(type: "sim:unknown-outcome", status: 500, title: Self.unknown))
        default:
            acts[target, default: []].append(Act(key: effect.idempotencyKey, id: effect.id))
            return .succeeded(Self.result(effect.idempotencyKey))
        }
    }

    /// The first thing that a target did twice for one call, and calls that came with two keys.
    var complaint: String? {
        for target in SimulationTarget.allCases {
            var seen: Set<Act> = []
            for act in acts[target] ?? [] where !seen.insert(act).inserted {
                return "the target '\(target.rawValue)' did \(act.id.waitID) of run \(act.id.runID) twice"
            }
        }
        for (id, keys) in keys where keys.count > 1 {
            return "\(id.waitID) of run \(id.runID) was called with \(keys.count) idempotency keys"
        }
        return nil
    }

    func wasDone(_ id: Effect.ID) -> Bool { acts.values.contains { $0.contains { $0.id == id } } }
}
