package import Database
package import Primitives

/// One page of a list, and where the next one begins.
package struct Page<Item: Sendable>: Sendable {
    package var items: [Item]
    /// Opaque to the reader; `nil` on the last page.
    package var next: String?

    package init(items: [Item], next: String?) {
        self.items = items
        self.next = next
    }

    package func map<Other: Sendable>(_ transform: (Item) throws -> Other) rethrows -> Page<Other> {
        Page<Other>(items: try items.map(transform), next: next)
    }
}

/// Which page is wanted. A list is read one row further than the page, to know whether there is a next one.
package struct PageRequest: Sendable, Hashable {
    package static let limits = 1...200
    package static let defaultLimit = 50

    package let limit: Int
    /// The key of the last row that the reader has; `nil` for the first page.
    package let after: UUIDv7?

    /// - Throws: `Problem(.invalidParameters)` that names the parameter, for a limit out of bounds or a foreign cursor.
    package init(limit: Int? = nil, cursor: String? = nil) throws(Problem) {
        var items: [Problem.Item] = []
        let wanted = limit ?? Self.defaultLimit
        if !Self.limits.contains(wanted) {
            items.append(
                .init(path: "limit", message: "Must be from \(Self.limits.lowerBound) to \(Self.limits.upperBound)."))
        }
        let key = cursor.flatMap { UUIDv7($0) }
        if cursor != nil, key == nil {
            items.append(.init(path: "cursor", message: "Is not a cursor of this list. Leave it out to start over."))
        }
        guard items.isEmpty else { throw Problem(.invalidParameters, "The page cannot be read.", items: items) }
        self.limit = wanted
        after = key
    }

    /// Cuts what was read of rows that were bounded in bytes (`Statement.fitting`): the page may be shorter than asked for.
    package func page<Item: Sendable>(fitting rows: Rows, _ read: (Row) throws -> Item, key: (Item) -> UUIDv7) throws
        -> Page<Item>
    {
        let items = try rows.prefix(limit).map(read)
        let found = try rows.first?.decode("candidates", as: Int64.self) ?? 0
        return Page(items: items, next: found > items.count ? items.last.map { key($0).description } : nil)
    }

    /// Cuts what was read (`limit + 1` rows at most) to the page.
    package func page<Item: Sendable>(of read: [Item], key: (Item) -> UUIDv7) -> Page<Item> {
        let items = Array(read.prefix(limit))
        return Page(items: items, next: read.count > limit ? items.last.map { key($0).description } : nil)
    }
}
