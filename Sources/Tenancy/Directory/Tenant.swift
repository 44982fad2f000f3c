import JSON
package import Primitives

/// Whether a tenant takes part. A suspended level suspends everything below it; a deleted one answers, with
/// everything below it, as one that does not exist.
package enum TenantStatus: String, Sendable, Hashable, CaseIterable {
    case active
    case suspended
    /// Final.
    case deleted

    /// The status that applies below a level, given the status of the level itself and of those above it.
    static func effective(_ statuses: [TenantStatus]) -> TenantStatus {
        if statuses.contains(.deleted) { return .deleted }
        return statuses.contains(.suspended) ? .suspended : .active
    }
}

/// A partner, a client or a plant as a row of its own: what a list shows and what an administrator changes.
package struct Tenant: Sendable, Hashable {
    package var scope: TenantScope
    package var slug: String
    package var name: String
    /// This level's own; `TenantPlace.status` has what applies.
    package var status: TenantStatus
    /// A plant's IANA time zone.
    package var timeZone: String?
    /// A client's currency, when it has one of its own.
    package var currency: Currency?
    /// For `ETag` and `If-Match`.
    package var version: Int64
    package var createdAt: Timestamp

    package init(
        scope: TenantScope, slug: String, name: String, status: TenantStatus = .active, timeZone: String? = nil,
        currency: Currency? = nil, version: Int64 = 1, createdAt: Timestamp
    ) {
        self.scope = scope
        self.slug = slug
        self.name = name
        self.status = status
        self.timeZone = timeZone
        self.currency = currency
        self.version = version
        self.createdAt = createdAt
    }

    /// What the audit shows of it.
    var audited: JSONValue {
        var value: JSONValue = ["slug": .string(slug), "name": .string(name), "status": .string(status.rawValue)]
        if let timeZone { value.set("timeZone", .string(timeZone)) }
        if let currency { value.set("currency", .string(currency.code)) }
        return value
    }
}

/// Where a tenant stands: its scope, the slugs and names down to it, and the status that applies.
package struct TenantPlace: Sendable, Hashable {
    package var scope: TenantScope
    /// One for each level from the partner down.
    package var slugs: [String]
    package var names: [String]
    /// Never `deleted`: such a place is not found.
    package var status: TenantStatus
    package var timeZone: String?

    /// `partner/client/plant`, as commands and files name it.
    package var path: String { slugs.joined(separator: "/") }
    /// The name of the level itself.
    package var name: String { names.last ?? "" }

    /// - Throws: `Problem(.tenantSuspended)` when nothing may be done here.
    package func requireActive() throws(Problem) {
        guard status == .active else {
            throw Problem(
                .tenantSuspended, "\(path) is suspended. It can be read; nothing is accepted until it is resumed.")
        }
    }
}
