import Database
package import Primitives

extension TenantDirectory {
    package func createPartner(slug: String, name: String, by actor: Actor) async throws -> Tenant {
        var findings = Findings()
        findings.checkSlug(slug, "/slug")
        findings.checkName(name, "/name")
        try findings.refuse("The partner cannot be created.")
        let scope = TenantScope.partner(PartnerID())
        return try await create(scope, in: .platform, by: actor) {
            "INSERT INTO millwright.partner (partner_id, slug, name) VALUES (\(scope.partnerID), \(slug), \(name))"
        }
    }

    /// `currency` is what the client is invoiced in; without one the price book decides.
    package func createClient(
        in partner: PartnerID, slug: String, name: String, currency: String? = nil, by actor: Actor
    ) async throws -> Tenant {
        var findings = Findings()
        findings.checkSlug(slug, "/slug")
        findings.checkName(name, "/name")
        findings.checkCurrency(currency, "/currency")
        try findings.refuse("The client cannot be created.")
        let scope = TenantScope.client(partner, ClientID())
        return try await create(scope, in: .partner(partner), by: actor) {
            """
            INSERT INTO millwright.client (partner_id, client_id, slug, name, currency)
            VALUES (\(partner), \(scope.clientID), \(slug), \(name), \(currency))
            """
        }
    }

    package func createPlant(
        in partner: PartnerID, _ client: ClientID, slug: String, name: String, timeZone: String, by actor: Actor
    ) async throws -> Tenant {
        var findings = Findings()
        findings.checkSlug(slug, "/slug")
        findings.checkName(name, "/name")
        let zoneExists = try await isTimeZone(timeZone)
        findings.check(zoneExists, "/timeZone", Findings.unknownTimeZone)
        try findings.refuse("The plant cannot be created.")
        let scope = TenantScope.plant(partner, client, PlantID())
        return try await create(scope, in: .client(partner, client), by: actor) {
            """
            INSERT INTO millwright.plant (partner_id, client_id, plant_id, slug, name, time_zone)
            VALUES (\(partner), \(client), \(scope.plantID), \(slug), \(name), \(timeZone))
            """
        }
    }

    /// Inserts the row below a parent that exists, and says so in the audit of the new tenant.
    private func create(
        _ scope: TenantScope, in parent: TenantScope, by actor: Actor, _ insertion: @Sendable () -> Statement
    ) async throws -> Tenant {
        let insertion = insertion()
        if parent != .platform, try await place(of: parent) == nil { throw Problem.notFound(parent.level.rawValue) }
        do {
            let created = try await database.transaction(parent) { transaction in
                try await transaction.execute(insertion)
                let created = try await Self.current(scope, transaction)
                try await transaction.record(
                    AuditEntry(
                        "\(scope.level.rawValue).created", objectType: scope.level.rawValue, objectID: created.id,
                        new: created.audited, by: actor, in: scope))
                return created
            }
            feed.announce(.tenant)
            return created
        } catch let error as DatabaseError where error.isUniqueViolation {
            throw Problem(
                .alreadyExists, "There is already a \(scope.level.rawValue) with this slug.",
                items: [.init(path: "/slug", message: "Is taken. Choose another one.")])
        }
    }

    /// PostgreSQL's own list of IANA names is the judge, since it is PostgreSQL and the engine that compute with it.
    func isTimeZone(_ name: String) async throws -> Bool {
        guard name.utf8.count <= 64 else { return false }
        return try await database.read(.platform) { transaction in
            try await !transaction.query("SELECT 1 FROM pg_catalog.pg_timezone_names WHERE name = \(name)").isEmpty
        }
    }
}

extension Findings {
    static let unknownTimeZone = "Is not a time zone. Give an IANA name, for instance Europe/Berlin."

    mutating func checkCurrency(_ code: String?, _ path: String) {
        guard let code else { return }
        check(Currency(code) != nil, path, "Is not a currency. Give an ISO 4217 code, for instance EUR.")
    }
}
