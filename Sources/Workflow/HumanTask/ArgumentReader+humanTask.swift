import JSON
import Primitives

/// The arguments of a human task that have parts of their own.
extension ArgumentReader {
    private typealias Arguments = HumanTaskArguments

    // MARK: Who

    mutating func candidates() -> HumanTaskArguments.Candidates {
        var candidates = candidates(role: arguments["role"], list: arguments["candidates"], at: "")
        guard has("role") || has("candidates") else {
            add("/role", "is missing: name a role, or roles and persons under “candidates”")
            return candidates
        }
        if candidates.roles.count > Arguments.maximumRoles { candidates.roles.removeLast() }
        return candidates
    }

    private mutating func candidates(
        role: JSONValue?, list: JSONValue?, at path: String
    ) -> HumanTaskArguments.Candidates {
        var candidates = Arguments.Candidates()
        if let role = self.role(role, at: path + "/role") { candidates.roles.append(role) }
        let place = path + "/candidates"
        guard let list = object(list, at: place, members: ["roles", "principals"]) else { return candidates }
        addRoles(list["roles"], at: place + "/roles", to: &candidates)
        addPeople(list["principals"], at: place + "/principals", to: &candidates)
        let isEmpty = candidates.roles.isEmpty && candidates.people.isEmpty
        if isEmpty, role == nil, !isComputed(list["roles"]), !isComputed(list["principals"]), !onlyLiterals {
            add(place, "must name at least one role or person")
        }
        return candidates
    }

    private mutating func addRoles(
        _ value: JSONValue?, at path: String, to candidates: inout HumanTaskArguments.Candidates
    ) {
        for (index, role) in texts(value, at: path, atMost: Arguments.maximumRoles, limit: 100).enumerated() {
            guard !candidates.roles.contains(role) else { continue }
            if let objection = objectionToRole(role) {
                add("\(path)/\(index)", objection)
            } else {
                candidates.roles.append(role)
            }
        }
    }

    private mutating func addPeople(
        _ value: JSONValue?, at path: String, to candidates: inout HumanTaskArguments.Candidates
    ) {
        let people = texts(value, at: path, atMost: Arguments.maximumPeople, limit: 254)
        candidates.people += people.map { $0.lowercased() }.filter { !candidates.people.contains($0) }
    }

    private mutating func role(_ value: JSONValue?, at path: String) -> String? {
        guard let value = present(value) else { return nil }
        guard let role = value.stringValue else {
            add(path, "must be the name of a role")
            return nil
        }
        if let objection = objectionToRole(role) {
            add(path, objection)
            return nil
        }
        return role
    }

    // MARK: What

    /// Without any, a person can confirm.
    /// - Returns: also whether every outcome was read, so that what names one can be checked.
    mutating func outcomes() -> (read: [HumanTaskArguments.Outcome], areKnown: Bool) {
        guard has("outcomes") else { return ([.init(name: "done", label: "Done")], true) }
        guard let value = value("outcomes") else { return ([], false) }
        guard let elements = value.arrayValue, (1...Arguments.maximumOutcomes).contains(elements.count) else {
            add("/outcomes", "must be a list of 1 to \(Arguments.maximumOutcomes) outcomes")
            return ([], false)
        }
        var outcomes: [Arguments.Outcome] = []
        for (index, element) in elements.enumerated() {
            guard let outcome = outcome(element, at: "/outcomes/\(index)", besides: outcomes) else { continue }
            outcomes.append(outcome)
        }
        return (outcomes, outcomes.count == elements.count)
    }

    private mutating func outcome(
        _ value: JSONValue, at path: String, besides others: [HumanTaskArguments.Outcome]
    ) -> HumanTaskArguments.Outcome? {
        let members = ["name", "label", "requiresReason", "requiresSignature", "form"]
        guard let object = object(value, at: path, members: members) else {
            if value.isNull { add(path, "must be an object with \(members.joined(separator: ", "))") }
            return nil
        }
        if isComputed(object["name"]) { return nil }
        guard let name = object["name"]?.stringValue, (1...100).contains(name.unicodeScalars.count),
            name != Arguments.expired, !others.contains(where: { $0.name == name })
        else {
            add(path + "/name", "must be a name of its own, and not “\(Arguments.expired)”")
            return nil
        }
        return Arguments.Outcome(
            name: name, label: text(object["label"], at: path + "/label", limit: 500) ?? name,
            requiresReason: flag(object["requiresReason"], at: path + "/requiresReason") ?? false,
            requiresSignature: flag(object["requiresSignature"], at: path + "/requiresSignature") ?? false,
            form: schema(object["form"], at: path + "/form"))
    }

    // MARK: When

    /// A duration after the opening, or a point in time.
    mutating func moment(_ key: String) -> HumanTaskArguments.Moment? {
        guard let value = value(key) else { return nil }
        if value.stringValue?.hasPrefix("P") == true {
            return duration(value, at: "/" + key).map { .afterOpening(seconds: $0) }
        }
        guard let moment = value.stringValue.flatMap({ Timestamp($0) }) else {
            add("/" + key, "must be an ISO 8601 duration, like PT4H, or a date and time, like 2026-01-31T08:00:00Z")
            return nil
        }
        return .at(moment)
    }

    mutating func reminders(hasDue: Bool) -> [HumanTaskArguments.Reminder] {
        guard let value = value("reminders") else { return [] }
        guard let elements = value.arrayValue, elements.count <= Arguments.maximumReminders else {
            add("/reminders", "must be a list of at most \(Arguments.maximumReminders) reminders")
            return []
        }
        var reminders: [Arguments.Reminder] = []
        for (index, element) in elements.enumerated() {
            let path = "/reminders/\(index)"
            guard let object = object(element, at: path, members: ["beforeDue", "afterOpening"]) else { continue }
            guard object.count == 1 else {
                add(path, "must have either “beforeDue” or “afterOpening”")
                continue
            }
            if object["beforeDue"] != nil, !hasDue {
                add(path + "/beforeDue", "needs a due date: add “due”")
            } else if let seconds = duration(object["beforeDue"], at: path + "/beforeDue") {
                reminders.append(.beforeDue(seconds: seconds))
            } else if let seconds = duration(object["afterOpening"], at: path + "/afterOpening") {
                reminders.append(.afterOpening(seconds: seconds))
            }
        }
        return reminders
    }

    mutating func escalation() -> [HumanTaskArguments.Escalation] {
        guard let value = value("escalation") else { return [] }
        guard let elements = value.arrayValue, elements.count <= Arguments.maximumEscalations else {
            add("/escalation", "must be a list of at most \(Arguments.maximumEscalations) steps")
            return []
        }
        var escalation: [Arguments.Escalation] = []
        for (index, element) in elements.enumerated() {
            guard let step = step(element, at: "/escalation/\(index)") else { continue }
            if let last = escalation.last, step.afterSeconds < last.afterSeconds {
                add("/escalation/\(index)/afterSeconds", "must not be before the step above")
            }
            escalation.append(step)
        }
        return escalation
    }

    private mutating func step(_ value: JSONValue, at path: String) -> HumanTaskArguments.Escalation? {
        let members = ["afterSeconds", "after", "role", "candidates", "priority"]
        guard let object = object(value, at: path, members: members) else { return nil }
        let isTimed = object["afterSeconds"] != nil || object["after"] != nil
        if !isTimed || (object["afterSeconds"] != nil && object["after"] != nil) {
            add(path + "/afterSeconds", "say once when: “afterSeconds”, or “after” with a duration like PT4H")
        }
        let after =
            seconds(object["afterSeconds"], at: path + "/afterSeconds")
            ?? duration(object["after"], at: path + "/after")
        if object["role"] == nil, object["candidates"] == nil {
            add(path + "/role", "is missing: name a role, or roles and persons under “candidates”")
        }
        let candidates = candidates(role: object["role"], list: object["candidates"], at: path)
        let priority = integer(object["priority"], at: path + "/priority", in: 0...100)
        return after.map { .init(afterSeconds: $0, candidates: candidates, priority: priority) }
    }

    // MARK: How it is decided

    mutating func quorum() -> HumanTaskArguments.Quorum? {
        guard
            let object = object(
                arguments["quorum"], at: "/quorum", members: ["of", "among", "outcome", "otherwise"])
        else { return nil }
        let range = 1...Arguments.maximumQuorum
        if object["of"] == nil { add("/quorum/of", "is missing: how many people must agree") }
        let of = integer(object["of"], at: "/quorum/of", in: range)
        let among = integer(object["among"], at: "/quorum/among", in: range)
        if let of, let among, among < of { add("/quorum/among", "must not be less than “of”") }
        var outcomes: [String] = []
        if let one = object["outcome"], one.stringValue != nil {
            outcomes = [text(one, at: "/quorum/outcome", limit: 100)].compactMap { $0 }
        } else {
            outcomes = texts(object["outcome"], at: "/quorum/outcome", atMost: Arguments.maximumOutcomes, limit: 100)
        }
        let otherwise = text(object["otherwise"], at: "/quorum/otherwise", limit: 100) ?? Arguments.undecided
        return of.map { .init(of: $0, among: among, outcomes: outcomes, otherwise: otherwise) }
    }

    mutating func signature() -> HumanTaskArguments.Signature? {
        guard let object = object(arguments["signature"], at: "/signature", members: ["meaning", "required"]) else {
            return nil
        }
        var meanings: [String] = []
        if object["meaning"] == nil { add("/signature/meaning", "is missing: what a signature means") }
        if let one = object["meaning"], one.stringValue != nil {
            meanings = [text(one, at: "/signature/meaning", limit: 200)].compactMap { $0 }
        } else {
            let most = Arguments.maximumMeanings
            meanings = texts(object["meaning"], at: "/signature/meaning", atMost: most, limit: 200)
            if object["meaning"]?.arrayValue?.isEmpty == true { add("/signature/meaning", "must name a meaning") }
        }
        return .init(
            meanings: meanings, isRequired: flag(object["required"], at: "/signature/required") ?? true)
    }
}
