import Database
package import Primitives

/// One month of an ageing table, as the database has it.
package struct MonthPartition: Sendable, Hashable {
    package var table: AgeingTable
    package var name: String
    /// `nil` for the first partition, which has no beginning, and for the default one.
    package var from: UUIDv7?
    /// Exclusive; `nil` for the default partition.
    package var to: UUIDv7?
    package var isDefault: Bool
    package var holdsRows: Bool
    /// As the planner estimates them.
    package var rows: Int
    /// With its indexes.
    package var bytes: Int
    package var fate = Fate.kept

    package enum Fate: Sendable, Hashable {
        case kept
        /// Older than the policy keeps.
        case due
        /// Older, and something still needs it.
        case held(reason: String)
        case dropped
    }

    /// The month that its last keys are of.
    package var lastMonth: CalendarMonth? {
        to.map { CalendarMonth(of: Timestamp(unixMilliseconds: $0.unixMilliseconds)).adding(months: -1) }
    }
}

extension MonthPartition {
    static let all: Statement = """
        SELECT parent, name, from_key, to_key, is_default, holds_rows, rows_estimated, bytes, now() AS now
        FROM millwright.partitions()
        """

    /// `nil` for a partition of another table.
    init?(row: Row) throws {
        guard let table = AgeingTable(rawValue: try row.decode("parent")) else { return nil }
        self.init(
            table: table, name: try row.decode("name"), from: try row.decode("from_key", as: UUIDv7?.self),
            to: try row.decode("to_key", as: UUIDv7?.self), isDefault: try row.decode("is_default"),
            holdsRows: try row.decode("holds_rows"), rows: try row.decode("rows_estimated"),
            bytes: try row.decode("bytes"))
    }
}
