import JSON
import Primitives
import Workflow

/// A workflow that several events start together (`schedule.on.all`), compiled.
struct EventSetPlan: Sendable {
    struct Place: Sendable {
        var filter: CompiledEventFilter
        var correlations: CompiledCorrelations
    }

    let workflow: PlantTriggers.Workflow
    /// Names the filters: sets that were gathered for others are given up.
    let number: Int64
    /// In the order of the definition, which is the order of the run's input.
    let places: [Place]
    let types: Set<String>

    /// - Parameter rows: the stored filter and correlations of each place.
    init(workflow: PlantTriggers.Workflow, rows: [(filter: JSONValue, correlations: JSONValue)]) throws {
        self.workflow = workflow
        var places: [Place] = []
        var types: Set<String> = []
        var bytes: [UInt8] = []
        for row in rows {
            let filter = try EventFilter(json: row.filter)
            if let type = filter.attributes["type"] { types.insert(type) }
            places.append(
                Place(
                    filter: try CompiledEventFilter(filter, budget: EventBudgets.filter),
                    correlations: try CompiledCorrelations(
                        EventCorrelation.correlations(json: row.correlations), budget: EventBudgets.filter)))
            bytes += row.filter.serializedBytes() + row.correlations.serializedBytes()
        }
        self.places = places
        self.types = types
        number = Int64(bitPattern: StableHash.of(bytes))
    }

    /// A place where an event could stand, and what it has in common with the others of its set.
    struct Fit: Sendable, Hashable {
        var place: Int
        var correlation: JSONObject

        var key: String { JSONValue.object(correlation).serialized() }
    }

    func fits(_ event: EventRecord, _ allowance: inout EvaluationAllowance) -> [Fit] {
        guard types.contains(event.type) else { return [] }
        let envelope = event.envelope
        var fits: [Fit] = []
        for (position, place) in places.enumerated() {
            guard place.filter.matches(envelope, &allowance),
                let values = place.correlations.values(of: envelope, &allowance)
            else { continue }
            // A database's text cannot hold it, and the values become the run's business key.
            guard !values.contains(where: { $0.value.stringValue?.utf8.contains(0) == true }) else { continue }
            fits.append(Fit(place: position, correlation: values))
        }
        return fits
    }
}
