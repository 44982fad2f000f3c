extension Statement {
    /// What one page of a list may hold of values.
    package static let pageBytes: Int64 = 8 << 20

    /// The rows of a query up to the one with which they reach so many bytes: that row is the last one, so that a row of any
    /// size is read. `candidates` says how many the query found, the rest are to be asked for again.
    ///
    /// - Parameters:
    ///   - query: has a column `bytes`, what a row weighs, and a limit of rows, all of which are weighed.
    ///   - order: of the rows, by the query's columns, with no two alike.
    package static func fitting(
        _ query: Statement, bytes: Int64 = Statement.pageBytes, order: StaticString
    ) -> Statement {
        """
        SELECT fitting.*
        FROM (
          SELECT candidate.*, count(*) OVER () AS candidates,
            coalesce(
              sum(candidate.bytes)
                OVER (ORDER BY \(raw: order) ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS bytes_before
          FROM (
        \(fragment: query)
          ) AS candidate
        ) AS fitting
        WHERE fitting.bytes_before < \(bytes)
        ORDER BY \(raw: order)
        """
    }
}
