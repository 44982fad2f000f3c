import JSON
import Primitives
import Workflow

/// Checks an event's values: limits that hold for every plant, and what the plant's workflows expect of the type.
struct EventContract {
    let schemas: [JSONSchema]
    let now: Timestamp

    /// The event's data as it will be stored, or everything that is wrong with it, with paths from the event's root.
    /// - Parameter allowance: when it is spent, the event is refused unless nothing has to be checked.
    func check(_ event: IncomingEvent, _ allowance: inout EvaluationAllowance) -> Result<JSONBytes?, Refusal> {
        let items = violations(of: event, &allowance)
        guard items.isEmpty else { return .failure(Refusal(items: items)) }
        let bytes = event.data.map(JSONBytes.init)
        if let bytes, bytes.bytes.count > EventLimits.maximumDataBytes {
            let message =
                "Has \(bytes.bytes.count) bytes; the data of an event has \(EventLimits.maximumDataBytes) at the most."
            return .failure(Refusal(items: [.init(path: "/data", message: message)]))
        }
        return .success(bytes)
    }

    struct Refusal: Error {
        var items: [Problem.Item]
    }

    private func violations(of event: IncomingEvent, _ allowance: inout EvaluationAllowance) -> [Problem.Item] {
        var items: [Problem.Item] = []
        if let time = event.time {
            if time < EventLimits.earliest {
                items.append(.init(path: "/time", message: "Must not be before 1970."))
            } else if time > now.adding(seconds: EventLimits.maximumSecondsAhead) {
                items.append(.init(path: "/time", message: "Lies more than a day in the future."))
            }
        }
        guard let data = event.data else {
            return items + violations(of: .null, &allowance)
        }
        guard data.depth(within: EventLimits.maximumDataDepth) != nil else {
            return items + [
                .init(path: "/data", message: "Is nested more than \(EventLimits.maximumDataDepth) levels deep.")
            ]
        }
        return items + violations(of: data, &allowance)
    }

    private func violations(of data: JSONValue, _ allowance: inout EvaluationAllowance) -> [Problem.Item] {
        var items: [Problem.Item] = []
        for schema in schemas {
            guard !allowance.isSpent else { return items + [EventBudgets.tooMuchToCheck] }
            var steps = 0
            items += schema.validate(data, addingTo: &steps).map { violation in
                .init(path: "/data" + violation.instancePath.description, message: violation.message)
            }
            allowance.spend(steps)
        }
        return items
    }
}

extension JSONValue {
    /// How deep the value is nested; `nil` when it is deeper than the limit.
    func depth(within limit: Int) -> Int? {
        var deepest = 0
        switch self {
        case .array(let elements):
            guard limit > 0 else { return nil }
            for element in elements {
                guard let depth = element.depth(within: limit - 1) else { return nil }
                deepest = max(deepest, depth)
            }
            return deepest + 1
        case .object(let object):
            guard limit > 0 else { return nil }
            for (_, value) in object {
                guard let depth = value.depth(within: limit - 1) else { return nil }
                deepest = max(deepest, depth)
            }
            return deepest + 1
        default: return 0
        }
    }
}
