package import Database
package import Primitives

/// The allow-lists of the plants.
package struct EgressDirectory: Sendable {
    /// Most rules of one plant: the gateway looks at each for every connection.
    package static let maximumRules = 200

    private let database: Database
    private let feed: TenancyFeed
    private let objection: @Sendable (EgressRule) -> String?

    /// - Parameter objection: why the operator does not let any tenant have the rule; `nil` when it may be had. Addresses
    ///   are the gateway's subject, so that its side says it.
    package init(database: Database, feed: TenancyFeed, objection: @escaping @Sendable (EgressRule) -> String?) {
        self.database = database
        self.feed = feed
        self.objection = objection
    }

    /// - Throws: `Problem(.invalidParameters)` for a rule that opens what the operator keeps shut.
    package func requireAllowed(_ rule: EgressRule) throws(Problem) {
        guard let reason = objection(rule) else { return }
        throw Problem(
            .invalidParameters, "The platform does not allow this egress rule.",
            items: [.init(path: rule.allowsPrivate ? "/allowsPrivate" : "/host", message: reason)])
    }

    package func rules(of plant: TenantScope) async throws -> [EgressRule] {
        try await database.read(plant) { try await Self.current(plant, $0) }
    }

    /// Adds the rule, or changes what the rule for the same host and port allows.
    package func put(_ rule: EgressRule, for plant: TenantScope, reason: String? = nil, by actor: Actor) async throws {
        try requireAllowed(rule)
        try await change(plant) { transaction in
            let rules = try await Self.current(plant, transaction)
            let old = rules.first { $0.host == rule.host && $0.port == rule.port }
            if old == rule { return }
            guard old != nil || rules.count < Self.maximumRules else {
                throw Problem(.wrongState, "The plant has \(Self.maximumRules) egress rules; remove one first.")
            }
            try await transaction.execute(
                """
                INSERT INTO millwright.egress_rule (partner_id, client_id, plant_id, host, port, allows_private)
                VALUES (
                  \(plant.partnerID), \(plant.clientID), \(plant.plantID), \(rule.host), \(rule.port),
                  \(rule.allowsPrivate))
                ON CONFLICT ON CONSTRAINT egress_rule_pkey DO UPDATE
                SET allows_private = EXCLUDED.allows_private
                """)
            try await transaction.record(
                AuditEntry(
                    "egress-rule.set", objectType: "egress-rule", objectID: "\(rule.host):\(rule.port)",
                    old: old?.audited, new: rule.audited, reason: reason, by: actor))
        }
    }

    package func remove(
        host: String, port: Int, from plant: TenantScope, reason: String? = nil, by actor: Actor
    ) async throws {
        try await change(plant) { transaction in
            let rules = try await Self.current(plant, transaction)
            guard let old = rules.first(where: { $0.host == host.lowercased() && $0.port == port }) else {
                throw Problem.notFound("egress rule")
            }
            try await transaction.execute(
                """
                DELETE FROM millwright.egress_rule
                WHERE partner_id = \(plant.partnerID) AND client_id = \(plant.clientID)
                  AND plant_id = \(plant.plantID) AND host = \(old.host) AND port = \(old.port)
                """)
            try await transaction.record(
                AuditEntry(
                    "egress-rule.removed", objectType: "egress-rule", objectID: "\(old.host):\(old.port)",
                    old: old.audited, reason: reason, by: actor))
        }
    }

    /// The plant's row is locked, so that two changes at once count the rules one after the other.
    private func change(_ plant: TenantScope, _ body: @Sendable (TenantTransaction) async throws -> Void) async throws {
        guard let id = plant.plantID else { throw Problem.notFound("plant") }
        try await database.transaction(plant) { transaction in
            let locked = try await transaction.query(
                """
                SELECT FROM millwright.plant
                WHERE partner_id = \(plant.partnerID) AND client_id = \(plant.clientID)
                  AND plant_id = \(id) AND status <> 'deleted'
                FOR NO KEY UPDATE
                """)
            guard !locked.isEmpty else { throw Problem.notFound("plant") }
            try await body(transaction)
        }
        feed.announce(.egress(id))
    }

    private static func current(_ plant: TenantScope, _ transaction: TenantTransaction) async throws -> [EgressRule] {
        try await transaction.query(
            """
            SELECT host, port, allows_private
            FROM millwright.egress_rule
            WHERE partner_id = \(plant.partnerID) AND client_id = \(plant.clientID) AND plant_id = \(plant.plantID)
            ORDER BY host, port
            """
        ).map { row in
            EgressRule(
                trustedHost: try row.decode("host"), port: try row.decode("port", as: Int.self),
                allowsPrivate: try row.decode("allows_private"))
        }
    }
}
