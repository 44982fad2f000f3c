import JSON
import Primitives
import Tenancy
import Workflow

extension HumanTaskSpecification {
    /// - Throws: a validation error that names every wrong argument; the workflow may catch it.
    init(_ request: HumanTaskRequest, openedAt: Timestamp) throws(WorkflowError) {
        var reader = ArgumentReader(request.arguments)
        title = reader.text("title", limit: 500) ?? reader.missing("title", "")
        description = reader.text("description", limit: 20_000)
        role = reader.role("role") ?? reader.missing("role", .supervisor)
        form = reader.value("form")
        evidence = reader.value("evidence")
        outcomes = reader.outcomes()
        priority = reader.integer("priority", in: 0...100) ?? 50
        fourEyes = reader.flag("fourEyes")
        requestedBy = reader.text("requestedBy", limit: 500)
        self.openedAt = openedAt
        dueAt = reader.seconds("dueInSeconds").map { openedAt.adding(seconds: $0) }
        onDue = reader.word("onDue") ?? .expire
        escalation = reader.escalation()
        if let form {
            do { _ = try JSONSchema(form) } catch { reader.add("/form", "is not a JSON Schema: \(error)") }
        }
        if let error = reader.error { throw error }
    }
}

private struct ArgumentReader {
    private let arguments: JSONValue
    private var mistakes: [String] = []

    init(_ arguments: JSONValue) {
        self.arguments = arguments
        if arguments.objectValue == nil { add("", "must be an object") }
    }

    var error: WorkflowError? {
        guard !mistakes.isEmpty else { return nil }
        return WorkflowError(
            type: "https://serverlessworkflow.io/spec/1.0.0/errors/validation", status: 400,
            title: "The human task cannot be opened", detail: mistakes.joined(separator: "; "))
    }

    mutating func add(_ place: String, _ message: String) { mistakes.append("\(place) \(message)") }

    mutating func missing<Value>(_ key: String, _ standIn: Value) -> Value {
        if arguments[key] == nil { add("/" + key, "is missing") }
        return standIn
    }

    /// (`.none`, because `nil` would be the JSON value null.)
    func value(_ key: String) -> JSONValue? { arguments[key].flatMap { $0.isNull ? .none : $0 } }

    mutating func text(_ key: String, limit: Int) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.stringValue, !text.isEmpty, text.unicodeScalars.count <= limit,
            !text.unicodeScalars.contains("\0")
        else {
            add("/" + key, "must be a text of 1 to \(limit) characters")
            return nil
        }
        return text
    }

    mutating func role(_ key: String) -> Role? { word(key) }

    mutating func word<Word: RawRepresentable<String>>(_ key: String) -> Word? {
        guard let value = value(key) else { return nil }
        guard let word = value.stringValue.flatMap(Word.init(rawValue:)) else {
            add("/" + key, "is not a known word")
            return nil
        }
        return word
    }

    mutating func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = value(key) else { return nil }
        guard let number = value.intValue, range.contains(number) else {
            add("/" + key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    mutating func flag(_ key: String) -> Bool {
        guard let value = value(key) else { return false }
        guard let flag = value.boolValue else {
            add("/" + key, "must be true or false")
            return false
        }
        return flag
    }

    mutating func seconds(_ key: String) -> Double? {
        guard let value = value(key) else { return nil }
        return seconds(value, at: "/" + key)
    }

    private mutating func seconds(_ value: JSONValue?, at place: String) -> Double? {
        guard let seconds = value?.doubleValue, seconds >= 0, seconds <= HumanTaskSpecification.maximumSeconds else {
            add(place, "must be a number of seconds from 0 to \(Int(HumanTaskSpecification.maximumSeconds))")
            return nil
        }
        return seconds
    }

    /// Without any, a person can confirm.
    mutating func outcomes() -> [HumanTaskSpecification.Outcome] {
        guard let value = value("outcomes") else {
            return [.init(name: "done", label: "Done", requiresReason: false)]
        }
        guard let elements = value.arrayValue, (1...HumanTaskSpecification.maximumOutcomes).contains(elements.count)
        else {
            add("/outcomes", "must be a list of 1 to \(HumanTaskSpecification.maximumOutcomes) outcomes")
            return []
        }
        var outcomes: [HumanTaskSpecification.Outcome] = []
        for (index, element) in elements.enumerated() {
            guard let name = element["name"]?.stringValue, (1...100).contains(name.unicodeScalars.count),
                name != "expired", !outcomes.contains(where: { $0.name == name })
            else {
                add("/outcomes/\(index)/name", "must be a name of its own, and not \"expired\"")
                continue
            }
            outcomes.append(
                .init(
                    name: name, label: element["label"]?.stringValue ?? name,
                    requiresReason: element["requiresReason"]?.boolValue ?? false))
        }
        return outcomes
    }

    mutating func escalation() -> [HumanTaskSpecification.Escalation] {
        guard let value = value("escalation") else { return [] }
        guard let elements = value.arrayValue, elements.count <= HumanTaskSpecification.maximumEscalations else {
            add("/escalation", "must be a list of at most \(HumanTaskSpecification.maximumEscalations) steps")
            return []
        }
        var escalation: [HumanTaskSpecification.Escalation] = []
        for (index, element) in elements.enumerated() {
            let after = seconds(element["afterSeconds"], at: "/escalation/\(index)/afterSeconds")
            let role = element["role"]?.stringValue.flatMap(Role.init(rawValue:))
            if role == nil { add("/escalation/\(index)/role", "is not a known role") }
            guard let after, let role else { continue }
            if let last = escalation.last, after < last.afterSeconds {
                add("/escalation/\(index)/afterSeconds", "must not be before the step above")
            }
            escalation.append(.init(afterSeconds: after, role: role))
        }
        return escalation
    }
}
