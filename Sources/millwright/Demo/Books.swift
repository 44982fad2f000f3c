import JSON

/// What must agree when nothing is left to do: what came in, what ran, what the other system has, and what is billed.
struct Books: Sendable {
    struct Events: Sendable { var accepted = 0, duplicate = 0, refused = 0 }
    struct Runs: Sendable { var started = 0, completed = 0, faulted = 0, open = 0 }
    struct Tickets: Sendable { var expected = 0, present = 0, doubled = 0 }

    var events = Events()
    var runs = Runs()
    var tickets = Tickets()
    var usageIsBalanced = false
    var invoicesAreBalanced = false
    /// Sentences about what does not agree.
    var objections: [String] = []

    var areBalanced: Bool { objections.isEmpty }

    mutating func check() {
        if runs.open > 0 { objections.append("\(runs.open) runs have not ended") }
        if runs.started != runs.completed + runs.faulted + runs.open {
            objections.append(
                "\(runs.started) runs were started and \(runs.completed + runs.faulted + runs.open) are known")
        }
        if runs.faulted > 0 { objections.append("\(runs.faulted) runs faulted") }
        if tickets.present != tickets.expected {
            objections.append("\(tickets.expected) tickets are expected and \(tickets.present) are there")
        }
        if tickets.doubled > 0 { objections.append("\(tickets.doubled) tickets are there twice") }
        if !usageIsBalanced { objections.append("the usage differs from the journal") }
        if !invoicesAreBalanced { objections.append("an invoice's lines do not add up to its total") }
    }

    var json: JSONValue {
        [
            "events": [
                "accepted": JSONValue(events.accepted), "duplicate": JSONValue(events.duplicate),
                "refused": JSONValue(events.refused),
            ],
            "runs": [
                "started": JSONValue(runs.started), "completed": JSONValue(runs.completed),
                "faulted": JSONValue(runs.faulted), "open": JSONValue(runs.open),
            ],
            "tickets": [
                "expected": JSONValue(tickets.expected), "present": JSONValue(tickets.present),
                "doubled": JSONValue(tickets.doubled),
            ],
            "usage": ["balanced": .bool(usageIsBalanced)],
            "invoices": ["balanced": .bool(invoicesAreBalanced)],
            "objections": .array(objections.map(JSONValue.string)),
        ]
    }

    var text: String {
        var table = TextTable("Books", "", "")
        table.add("events", "accepted \(events.accepted)", "duplicate \(events.duplicate), refused \(events.refused)")
        table.add(
            "runs", "started \(runs.started)",
            "completed \(runs.completed), faulted \(runs.faulted), open \(runs.open)")
        table.add(
            "tickets", "expected \(tickets.expected)", "present \(tickets.present), doubled \(tickets.doubled)")
        table.add("usage", usageIsBalanced ? "balanced" : "NOT balanced", "against a recount of the journal")
        table.add("invoices", invoicesAreBalanced ? "balanced" : "NOT balanced", "lines against totals")
        let verdict =
            areBalanced ? "The books balance." : "The books do not balance: " + objections.joined(separator: "; ")
        return table.text + "\n\n" + verdict
    }
}
