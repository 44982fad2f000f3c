package import JSON
import Primitives

/// What a workflow asks of a clock: the arguments of `sla:1.0.0@default`, checked.
package struct ServiceLevelRequest: Sendable, Hashable {
    package enum Action: String, Sendable, Hashable, CaseIterable { case start, pause, resume, stop, read }

    /// What is done when the clock warns, and when it is breached, beside the record of it.
    package struct Response: Sendable, Hashable {
        /// An event of the plant, which workflows can start on and runs can listen for.
        package var emits = true
        /// At least this priority for the run's open human tasks.
        package var priority: Int?
        /// Takes the next step of the escalation of the run's open human tasks.
        package var escalates = false

        package init() {}
    }

    package static let maximumWarnings = 10
    package static let maximumNameCharacters = 100

    package var name: String
    package var action: Action
    package var targetSeconds: Double
    /// Seconds before the end, descending.
    package var warnings: [Double]
    package var calendar: TimeKind
    package var onWarning: Response
    package var onBreach: Response

    /// - Throws: a validation error that names every wrong argument; the workflow may catch it.
    package init(arguments: JSONValue) throws(WorkflowError) {
        var reader = ArgumentReader(arguments, maximumSeconds: ISODuration.maximumSeconds)
        name = reader.text("name", limit: Self.maximumNameCharacters) ?? ""
        reader.demand("name")
        action = reader.word("action") ?? .start
        calendar = reader.word("calendar") ?? .plant
        let target = reader.durationOrSeconds("target")
        targetSeconds = target ?? 0
        if action == .start, let target, target <= 0 { reader.add("/target", "must be longer than nothing") }
        if action == .start { reader.demand("target") }
        warnings = reader.warnings(target: targetSeconds)
        onWarning = reader.response("onWarning")
        onBreach = reader.response("onBreach")
        if action != .start {
            for key in ["target", "warnings", "calendar", "onWarning", "onBreach"] where reader.has(key) {
                reader.add("/" + key, "belongs to the action “start”")
            }
        }
        guard reader.mistakes.isEmpty else {
            let mistakes = reader.mistakes.map { "\($0.path) \($0.message)" }.joined(separator: "; ")
            throw WorkflowError(.validation, detail: "The clock cannot be set like this: " + mistakes)
        }
    }
}

extension ServiceLevelRequest.Response {
    package var json: JSONValue {
        var object: JSONObject = ["emit": .bool(emits)]
        if let priority { object["priority"] = JSONValue(priority) }
        if escalates { object["escalate"] = .bool(true) }
        return .object(object)
    }

    package init(json: JSONValue) {
        emits = json["emit"]?.boolValue ?? true
        priority = json["priority"]?.intValue
        escalates = json["escalate"]?.boolValue ?? false
    }
}

extension ArgumentReader {
    /// Seconds before the end of a clock's target, descending.
    fileprivate mutating func warnings(target: Double) -> [Double] {
        guard let value = value("warnings") else { return [] }
        guard let elements = value.arrayValue, elements.count <= ServiceLevelRequest.maximumWarnings else {
            add("/warnings", "must be a list of at most \(ServiceLevelRequest.maximumWarnings) times")
            return []
        }
        var warnings: Set<Double> = []
        for (index, element) in elements.enumerated() {
            guard let before = Self.before(element, target: target), before >= 0, before < target else {
                add(
                    "/warnings/\(index)",
                    "must be a duration before the end that is shorter than the target (PT1H), or a share of it (80%)")
                continue
            }
            warnings.insert(before)
        }
        return warnings.sorted(by: >)
    }

    /// `80%` is when four fifths of the target have passed.
    private static func before(_ value: JSONValue, target: Double) -> Double? {
        guard let text = value.stringValue else { return value.doubleValue }
        guard text.hasSuffix("%") else { return ISODuration.seconds(text) }
        guard let share = Double(text.dropLast()), share > 0, share < 100 else { return nil }
        return target * (1 - share / 100)
    }

    fileprivate mutating func response(_ key: String) -> ServiceLevelRequest.Response {
        var response = ServiceLevelRequest.Response()
        guard let object = object(value(key), at: "/" + key, members: ["emit", "priority", "escalate"]) else {
            return response
        }
        response.emits = flag(object["emit"], at: "/\(key)/emit") ?? true
        response.escalates = flag(object["escalate"], at: "/\(key)/escalate") ?? false
        response.priority = integer(object["priority"], at: "/\(key)/priority", in: 0...100)
        return response
    }
}
