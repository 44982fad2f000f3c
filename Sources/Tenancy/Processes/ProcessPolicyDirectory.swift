package import Database
package import Primitives

/// What the plants allow their workflows to run as processes.
package struct ProcessPolicyDirectory: Sendable {
    private let database: Database
    private let feed: TenancyFeed

    package init(database: Database, feed: TenancyFeed) {
        self.database = database
        self.feed = feed
    }

    package func policy(of plant: TenantScope) async throws -> ProcessPolicy {
        try await database.read(plant) { try await Self.current(plant, $0) } ?? .nothing
    }

    /// As it is inside a transaction that goes on to rely on it: a change waits until that has ended.
    package static func policy(of plant: TenantScope, in transaction: TenantTransaction) async throws -> ProcessPolicy {
        try await lockPlant(plant, transaction)
        return try await current(plant, transaction) ?? .nothing
    }

    /// - Throws: `Problem(.invalidParameters)` with every limit that is outside of what the platform grants.
    package func set(
        _ policy: ProcessPolicy, for plant: TenantScope, reason: String? = nil, by actor: Actor
    ) async throws {
        try policy.check()
        guard let id = plant.plantID else { throw Problem.notFound("plant") }
        try await database.transaction(plant) { transaction in
            guard try await Self.lockPlant(plant, transaction) else { throw Problem.notFound("plant") }
            let old = try await Self.current(plant, transaction)
            if (old ?? .nothing) == policy { return }
            try await transaction.execute(
                """
                INSERT INTO millwright.process_policy (
                  partner_id, client_id, plant_id, languages, cpu_seconds, memory_megabytes, wall_seconds)
                VALUES (
                  \(plant.partnerID), \(plant.clientID), \(plant.plantID), \(policy.languageNames),
                  \(Int32(policy.cpuSeconds)), \(Int32(policy.memoryMegabytes)), \(Int32(policy.wallSeconds)))
                ON CONFLICT ON CONSTRAINT process_policy_pkey DO UPDATE
                SET languages = EXCLUDED.languages, cpu_seconds = EXCLUDED.cpu_seconds,
                  memory_megabytes = EXCLUDED.memory_megabytes, wall_seconds = EXCLUDED.wall_seconds,
                  changed_at = now()
                """)
            try await transaction.record(
                AuditEntry(
                    "process-policy.set", objectType: "process-policy", objectID: id.description,
                    old: old?.json, new: policy.json, reason: reason, by: actor))
        }
        feed.announce(.processPolicy(id))
    }

    /// Yields whenever the policy of the plant may have changed, and whenever that may have been missed.
    package func changes(of plant: PlantID) -> AsyncStream<Void> {
        feed.changes { $0 == .processPolicy(plant) }
    }

    /// Whether the plant is there. Its row is locked, so that two changes at once come one after the other.
    @discardableResult
    private static func lockPlant(_ plant: TenantScope, _ transaction: TenantTransaction) async throws -> Bool {
        let locked = try await transaction.query(
            """
            SELECT FROM millwright.plant
            WHERE partner_id = \(plant.partnerID) AND client_id = \(plant.clientID)
              AND plant_id = \(plant.plantID) AND status <> 'deleted'
            FOR NO KEY UPDATE
            """)
        return !locked.isEmpty
    }

    private static func current(_ plant: TenantScope, _ transaction: TenantTransaction) async throws -> ProcessPolicy? {
        try await transaction.one(
            """
            SELECT languages, cpu_seconds, memory_megabytes, wall_seconds
            FROM millwright.process_policy
            WHERE partner_id = \(plant.partnerID) AND client_id = \(plant.clientID) AND plant_id = \(plant.plantID)
            """
        ).map { row in
            let names = try row.decode("languages", as: [String].self)
            return ProcessPolicy(
                languages: Set(names.compactMap(ProcessLanguage.init(rawValue:))),
                cpuSeconds: try row.decode("cpu_seconds", as: Int.self),
                memoryMegabytes: try row.decode("memory_megabytes", as: Int.self),
                wallSeconds: try row.decode("wall_seconds", as: Int.self))
        }
    }
}
