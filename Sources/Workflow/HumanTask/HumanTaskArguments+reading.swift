package import JSON
import Primitives

extension HumanTaskArguments {
    /// Every name that the function takes.
    package static let names = [
        "title", "description", "role", "candidates", "form", "evidence", "outcomes", "priority", "dueInSeconds", "due",
        "calendar", "onDue", "followUp", "reminders", "escalation", "delegation", "quorum", "veto", "fourEyes",
        "excludeInitiator",
        "separateFrom", "requestedBy", "signature", "announce",
    ]

    /// Reads everything and names every mistake; what is wrong has its default.
    ///
    /// - Parameters:
    ///   - onlyLiterals: leaves out what an expression computes (`${ … }`), for a look at a template before it runs.
    ///   - objectionToRole: what is wrong with the name of a role; `nil` for nothing.
    package static func read(
        _ arguments: JSONValue, onlyLiterals: Bool = false, objectionToRole: @escaping (String) -> String?
    ) -> (arguments: HumanTaskArguments, mistakes: [ArgumentMistake]) {
        var reader = ArgumentReader(
            arguments, onlyLiterals: onlyLiterals, maximumSeconds: maximumSeconds, objectionToRole: objectionToRole)
        var read = HumanTaskArguments()
        read.title = reader.text("title", limit: 500) ?? ""
        reader.demand("title")
        read.description = reader.text("description", limit: 20_000)
        read.candidates = reader.candidates()
        read.form = reader.schema("form")
        read.evidence = reader.value("evidence")
        let outcomes = reader.outcomes()
        read.outcomes = outcomes.read
        read.priority = reader.integer("priority", in: 0...100) ?? 50
        read.requestedBy = reader.text("requestedBy", limit: 500)
        read.fourEyes = reader.flag("fourEyes")
        read.excludesInitiator = reader.flag("excludeInitiator")
        read.allowsDelegation = reader.flag("delegation")
        read.separateFrom = reader.texts("separateFrom", atMost: 20, limit: 1000)
        read.announce = reader.words("announce")
        reader.readTime(into: &read)
        reader.readRules(into: &read, areOutcomesKnown: outcomes.areKnown)
        return (read, reader.mistakes)
    }
}

extension ArgumentReader {
    fileprivate mutating func readTime(into read: inout HumanTaskArguments) {
        if value("dueInSeconds") != nil, value("due") != nil {
            add("/due", "is given twice: keep “due” or “dueInSeconds”")
        }
        read.due = seconds("dueInSeconds").map { .afterOpening(seconds: $0) } ?? moment("due")
        read.calendar = word("calendar") ?? .elapsed
        read.onDue = word("onDue") ?? .expire
        read.followUp = moment("followUp")
        read.reminders = reminders(hasDue: has("due") || has("dueInSeconds"))
        read.escalation = escalation()
    }

    fileprivate mutating func readRules(into read: inout HumanTaskArguments, areOutcomesKnown: Bool) {
        read.veto = texts("veto", atMost: HumanTaskArguments.maximumOutcomes, limit: 100)
        read.quorum = quorum()
        read.signature = signature()
        guard areOutcomesKnown else { return }
        let names = read.outcomes.map(\.name)
        func check(_ outcome: String, _ path: String) {
            if !names.contains(outcome) { add(path, "is not one of the outcomes: \(names.joined(separator: ", "))") }
        }
        for (index, outcome) in read.veto.enumerated() { check(outcome, "/veto/\(index)") }
        for outcome in read.quorum?.outcomes ?? [] { check(outcome, "/quorum/outcome") }
        if read.quorum == nil, !read.veto.isEmpty, !has("quorum") {
            add("/veto", "needs a quorum: without one every decision closes the task")
        }
        if !has("signature"), read.outcomes.contains(where: \.requiresSignature) {
            add("/signature", "is missing: an outcome requires a signature, so say what it means")
        }
    }
}
