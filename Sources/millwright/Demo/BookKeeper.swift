import Database
import JSON
import Primitives

/// Draws up the books from four independent sides: the API's lists, the stand-in system's own count, a recount of the
/// journal, and the invoices.
struct BookKeeper: Sendable {
    let stage: DemoStage
    let plants: [DemoPlant]

    func drawUp(_ report: Replayer.Report) async throws -> Books {
        var books = Books()
        books.events.refused = report.refused.count
        books.events.duplicate = report.duplicate
        for item in try await stage.overviews() { count(item, &books) }
        books.tickets.expected = try await expectedTickets()
        let ledger = try await stage.standInClient.books()
        books.tickets.present = stage.number(ledger, "references")
        books.tickets.doubled = stage.number(ledger, "doubledReferences")
        let audit = try await BooksAudit.perform(stage.domain) { stage.session.say("  " + $0) }
        books.usageIsBalanced = audit.usageIsBalanced
        books.invoicesAreBalanced = audit.invoicesAreBalanced
        books.objections += audit.objections
        books.check()
        for refused in report.refused.prefix(20) {
            stage.session.say("  refused: line \(refused.line): \(refused.reason)")
        }
        return books
    }

    private func count(_ item: JSONValue, _ books: inout Books) {
        books.events.accepted += stage.number(item, "eventsAccepted")
        books.runs.completed += stage.number(item, "runsCompleted")
        books.runs.faulted += stage.number(item, "runsFaulted") + stage.number(item, "runsCancelled")
        books.runs.open += stage.number(item, "runsOpen")
        books.runs.started += stage.number(item, "runsStarted")
    }

    /// A completed run says in its output that it opened a ticket, and which.
    private func expectedTickets() async throws -> Int {
        try await stage.domain.database.read(.platform) { transaction in
            let row = try await transaction.one(
                """
                SELECT count(*) AS tickets
                FROM millwright.run
                WHERE status = 'completed' AND json_typeof(output -> 'ticket') = 'object'
                  AND coalesce(output ->> 'outcome', '') <> 'repeated'
                """)
            return try row?.decode("tickets", as: Int.self) ?? 0
        }
    }
}
