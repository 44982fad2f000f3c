import Database
package import Primitives

/// What an administrator may change of a tenant; what is `nil` stays. Slug and identifiers never change.
package struct TenantChange: Sendable, Hashable {
    package var name: String?
    package var timeZone: String?
    package var currency: String?

    package init(name: String? = nil, timeZone: String? = nil, currency: String? = nil) {
        self.name = name
        self.timeZone = timeZone
        self.currency = currency
    }
}

extension TenantDirectory {
    /// - Parameter expecting: the version that the caller saw (`If-Match`); `nil` changes whatever is there.
    /// - Throws: `Problem(.preconditionFailed)` when somebody else changed it in between.
    package func change(
        _ scope: TenantScope, _ change: TenantChange, expecting version: Int64? = nil, reason: String? = nil,
        by actor: Actor
    ) async throws -> Tenant {
        try await validate(change, for: scope.level)
        return try await update(scope, "changed", expecting: version, reason: reason, by: actor) { current in
            var next = current
            if let name = change.name { next.name = name }
            if let timeZone = change.timeZone { next.timeZone = timeZone }
            if let currency = change.currency { next.currency = Currency(currency) }
            return next
        }
    }

    package func rename(
        _ scope: TenantScope, to name: String, expecting version: Int64? = nil, by actor: Actor
    ) async throws -> Tenant {
        try await change(scope, TenantChange(name: name), expecting: version, by: actor)
    }

    /// Nothing is accepted and nothing runs in the tenant and below it until it is resumed.
    package func suspend(
        _ scope: TenantScope, expecting version: Int64? = nil, reason: String, by actor: Actor
    ) async throws -> Tenant {
        try await move(scope, to: .suspended, "suspended", expecting: version, reason: reason, by: actor)
    }

    package func resume(
        _ scope: TenantScope, expecting version: Int64? = nil, reason: String? = nil, by actor: Actor
    ) async throws -> Tenant {
        try await move(scope, to: .active, "resumed", expecting: version, reason: reason, by: actor)
    }

    /// For good: from now on the tenant and everything below it answer as if they had never been.
    package func delete(
        _ scope: TenantScope, expecting version: Int64? = nil, reason: String, by actor: Actor
    ) async throws {
        _ = try await move(scope, to: .deleted, "deleted", expecting: version, reason: reason, by: actor)
    }

    private func move(
        _ scope: TenantScope, to status: TenantStatus, _ verb: String, expecting version: Int64?, reason: String?,
        by actor: Actor
    ) async throws -> Tenant {
        try await update(scope, verb, expecting: version, reason: reason, by: actor) { current in
            guard current.status != status else {
                throw Problem(.wrongState, "The \(scope.level.rawValue) is \(status.rawValue) already.")
            }
            var next = current
            next.status = status
            return next
        }
    }

    private func validate(_ change: TenantChange, for level: TenantLevel) async throws {
        var findings = Findings()
        if let name = change.name { findings.checkName(name, "/name") }
        if let timeZone = change.timeZone {
            let exists = try await isTimeZone(timeZone)
            findings.check(level == .plant, "/timeZone", "Only a plant has a time zone.")
            findings.check(exists, "/timeZone", Findings.unknownTimeZone)
        }
        if let currency = change.currency {
            findings.check(level == .client, "/currency", "Only a client has a currency.")
            findings.checkCurrency(currency, "/currency")
        }
        try findings.refuse("The \(level.rawValue) cannot be changed.")
    }

    /// Reads under a lock, lets `next` decide, writes with the next version, and records old and new.
    private func update(
        _ scope: TenantScope, _ verb: String, expecting version: Int64?, reason: String?, by actor: Actor,
        _ next: @Sendable (Tenant) throws -> Tenant
    ) async throws -> Tenant {
        guard let table = TenantTable(scope.level) else { throw Problem.notFound("tenant") }
        let changed = try await database.transaction(scope) { transaction in
            let rows = try await transaction.query(
                """
                \(fragment: table.selection)
                WHERE \(fragment: table.condition(scope)) AND status <> 'deleted'
                FOR NO KEY UPDATE
                """)
            guard let row = rows.first else { throw Problem.notFound(table.word) }
            let old = try Tenant(row: row)
            try requireVersion(version, of: old.version)
            var new = try next(old)
            new.version = old.version + 1
            try await transaction.execute(
                """
                \(fragment: table.update)
                SET name = \(new.name), status = \(new.status), version = \(new.version), changed_at = now()
                  \(fragment: Self.assignments(of: new, table))
                WHERE \(fragment: table.condition(scope))
                """)
            try await transaction.record(
                AuditEntry(
                    "\(table.word).\(verb)", objectType: table.word, objectID: new.id, old: old.audited,
                    new: new.audited, reason: reason, by: actor))
            return new
        }
        feed.announce(.tenant)
        return changed
    }

    private static func assignments(of tenant: Tenant, _ table: TenantTable) -> Statement {
        switch table {
        case .partner: ""
        case .client: ", currency = \(tenant.currency?.code)"
        case .plant: ", time_zone = \(tenant.timeZone)"
        }
    }
}

/// - Throws: `Problem(.preconditionFailed)` when the caller decided on another state than the one that is there.
func requireVersion(_ expected: Int64?, of current: Int64) throws(Problem) {
    guard let expected, expected != current else { return }
    throw Problem(.preconditionFailed, "Somebody else changed it in between. Read it again and decide again.")
}
