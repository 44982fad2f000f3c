import Database
import Execution
import Primitives
import TestSupport

extension ShellFixture {
    /// The middle of the month that is so many months before this one.
    static func middle(monthsAgo months: Int) -> Timestamp {
        CalendarMonth(of: .now()).adding(months: -months).start.adding(seconds: 14 * 86_400)
    }

    /// Sets the clock of the control plane; the database keeps its own.
    func setClock(_ moment: Timestamp) {
        clock.advance(seconds: moment.unixSeconds - clock.now().unixSeconds)
    }

    func retention(eventMonths: Int = 2, journalMonths: Int = 2) -> Retention {
        Retention(
            database: database, policy: RetentionPolicy(eventMonths: eventMonths, journalMonths: journalMonths),
            logger: PostgresFixture.logger)
    }

    /// Rows of the plant in the partition.
    func rows(in partition: String, of table: Statement) async throws -> Int {
        try await count(table, "tableoid = ('millwright.' || \(partition))::regclass")
    }
}
