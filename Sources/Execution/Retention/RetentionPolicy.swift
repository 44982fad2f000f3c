package import Primitives

/// The tables whose rows age out with their month.
package enum AgeingTable: String, Sendable, Hashable, CaseIterable {
    case event
    case journal = "journal_entry"
    /// The large values of journals. It comes last, so that no journal is without its values.
    case payload = "run_payload"
}

/// How long events and journals are kept. Runs, decisions, usage records and the audit stay.
package struct RetentionPolicy: Sendable, Hashable {
    package static let usualEventMonths = 13
    package static let usualJournalMonths = 25
    /// A run that faulted can go on for a month, and a month must be over before it is dropped.
    package static let fewestMonths = 2
    /// Partitions that are made before their time.
    package static let monthsAhead = 3

    /// Whole months; 0 keeps everything for ever.
    package var eventMonths: Int
    package var journalMonths: Int

    package init(eventMonths: Int = usualEventMonths, journalMonths: Int = usualJournalMonths) {
        self.eventMonths = eventMonths
        self.journalMonths = journalMonths
    }

    /// The first month of the table that is kept; `nil` when all are.
    package func firstKept(_ table: AgeingTable, at now: Timestamp) -> CalendarMonth? {
        let months = table == .event ? eventMonths : journalMonths
        return months == 0 ? nil : CalendarMonth(of: now).adding(months: -max(months, Self.fewestMonths))
    }
}
