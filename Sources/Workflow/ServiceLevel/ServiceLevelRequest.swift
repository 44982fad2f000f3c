package import JSON
import Primitives

/// What a workflow asks of a clock: the arguments of `sla:1.0.0@default`, checked.
package struct ServiceLevelRequest: Sendable, Hashable {
    package enum Action: String, Sendable, Hashable, CaseIterable { case start, pause, resume, stop, read }

    /// What counts as time.
    package enum Calendar: String, Sendable, Hashable, CaseIterable {
        /// The plant's business calendar, in the plant's time zone.
        case plant
        /// Every second.
        case elapsed
    }

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
    package var calendar: Calendar
    package var onWarning: Response
    package var onBreach: Response

    /// - Throws: a validation error that names every wrong argument; the workflow may catch it.
    package init(arguments: JSONValue) throws(WorkflowError) {
        var reader = RequestReader(arguments)
        name = reader.name()
        action = reader.word("action") ?? .start
        calendar = reader.word("calendar") ?? .plant
        let target = reader.duration("target")
        targetSeconds = target ?? 0
        if action == .start, let target, target <= 0 { reader.add("/target", "must be longer than nothing") }
        if action == .start, reader.value("target") == nil { reader.add("/target", "is missing") }
        warnings = reader.warnings(target: targetSeconds)
        onWarning = reader.response("onWarning")
        onBreach = reader.response("onBreach")
        if action != .start {
            for key in ["target", "warnings", "calendar", "onWarning", "onBreach"] where reader.value(key) != nil {
                reader.add("/" + key, "belongs to the action “start”")
            }
        }
        if let error = reader.error { throw error }
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

private struct RequestReader {
    private let arguments: JSONValue
    private var mistakes: [String] = []

    init(_ arguments: JSONValue) {
        self.arguments = arguments
        if arguments.objectValue == nil { add("", "must be an object") }
    }

    var error: WorkflowError? {
        guard !mistakes.isEmpty else { return nil }
        return WorkflowError(
            .validation, detail: "The clock cannot be set like this: " + mistakes.joined(separator: "; "))
    }

    mutating func add(_ place: String, _ message: String) { mistakes.append("\(place) \(message)") }

    /// (`.none`, because `nil` would be the JSON value null.)
    func value(_ key: String) -> JSONValue? { arguments[key].flatMap { $0.isNull ? .none : $0 } }

    mutating func name() -> String {
        guard let name = value("name")?.stringValue,
            (1...ServiceLevelRequest.maximumNameCharacters).contains(name.unicodeScalars.count),
            !name.unicodeScalars.contains("\0")
        else {
            add("/name", "must be a text of 1 to \(ServiceLevelRequest.maximumNameCharacters) characters")
            return ""
        }
        return name
    }

    mutating func word<Word: RawRepresentable<String> & CaseIterable>(_ key: String) -> Word? {
        guard let value = value(key) else { return nil }
        guard let word = value.stringValue.flatMap(Word.init(rawValue:)) else {
            add("/" + key, "must be one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        return word
    }

    /// ISO 8601, or a number of seconds.
    mutating func duration(_ key: String) -> Double? {
        guard let value = value(key) else { return nil }
        guard let seconds = Self.seconds(value) else {
            add("/" + key, "must be an ISO 8601 duration such as PT4H, or a number of seconds")
            return nil
        }
        return seconds
    }

    private static func seconds(_ value: JSONValue) -> Double? {
        if let text = value.stringValue { return ISODuration.seconds(text) }
        guard let seconds = value.doubleValue, (0...ISODuration.maximumSeconds).contains(seconds) else { return nil }
        return seconds
    }

    mutating func warnings(target: Double) -> [Double] {
        guard let value = value("warnings") else { return [] }
        guard let array = value.arrayValue, array.count <= ServiceLevelRequest.maximumWarnings else {
            add("/warnings", "must be a list of at most \(ServiceLevelRequest.maximumWarnings) times")
            return []
        }
        var warnings: Set<Double> = []
        for (index, element) in array.enumerated() {
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
        guard let text = value.stringValue, text.hasSuffix("%") else { return seconds(value) }
        guard let share = Double(text.dropLast()), share > 0, share < 100 else { return nil }
        return target * (1 - share / 100)
    }

    mutating func response(_ key: String) -> ServiceLevelRequest.Response {
        var response = ServiceLevelRequest.Response()
        guard let value = value(key) else { return response }
        guard let object = value.objectValue else {
            add("/" + key, "must be an object with emit, priority and escalate")
            return response
        }
        for (name, value) in object {
            switch (name, value) {
            case ("emit", .bool(let emits)): response.emits = emits
            case ("escalate", .bool(let escalates)): response.escalates = escalates
            case ("priority", _):
                guard let priority = value.intValue, (0...100).contains(priority) else {
                    add("/\(key)/priority", "must be a whole number from 0 to 100")
                    continue
                }
                response.priority = priority
            default: add("/\(key)/\(name)", "is not known; there are emit and escalate (true or false), and priority")
            }
        }
        return response
    }
}
