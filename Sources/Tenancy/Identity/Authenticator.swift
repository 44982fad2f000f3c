package import Database
package import Logging
package import Primitives
import Synchronization

/// Finds out who is calling. A key that was seen lately costs a hash and no database; a revocation, a change of roles
/// or a suspension reaches every replica through the feed.
package final class Authenticator: Sendable {
    struct CachedKey: Sendable {
        let id: APIKeyID
        let secretDigest: Redacted<[UInt8]>
        let expiresAt: Timestamp?
        let principal: Principal
    }

    let database: Database
    let passwords: PasswordHasher
    let clock: any WallClock
    private let keys: ChangeAwareCache<String, CachedKey>
    private let usage = KeyUsage()
    private let feed: TenancyFeed
    private let logger: Logger
    /// How often the last use of keys is written.
    private static let recordingInterval: Duration = .seconds(30)

    package init(
        database: Database, feed: TenancyFeed, passwords: PasswordHasher = PasswordHasher(),
        clock: any WallClock = SystemWallClock(), cacheCapacity: Int = 20_000, cacheAge: Duration = .seconds(5),
        logger: Logger = Logger(label: "millwright.tenancy")
    ) {
        self.database = database
        self.feed = feed
        self.logger = logger
        self.passwords = passwords
        self.clock = clock
        keys = ChangeAwareCache(capacity: cacheCapacity, feed: feed, maximumAge: cacheAge) { change in
            // A tenant's deletion or suspension ends its principals' keys too.
            switch change {
            case .tenant, .everything: true
            case .principal, .brand, .egress, .processPolicy: false
            }
        }
        feed.observe { [weak self] change in
            guard case .principal(let id) = change else { return }
            self?.keys.forget { $0.principal.id == id }
        }
    }

    /// The principal of a key; `nil` for a key that is unknown, revoked, expired, of a principal that is disabled, or
    /// of a tenant that is deleted. The caller learns no more than that.
    ///
    /// - Parameter onlyKnown: a key that this process has not seen is then unknown, without a question to the database. One
    ///   that it has seen is asked after like any other when what is known of it is too old.
    package func authenticate(apiKey text: String, onlyKnown: Bool = false) async throws -> AuthenticatedPrincipal? {
        guard let token = APIKeyToken(text) else { return nil }
        let now = clock.now()
        let known = try await keys.value(for: token.prefix) { old in
            // The whole key must have been right: who guesses the rest of one asks nobody.
            guard !onlyKnown || old?.secretDigest.matches(token.secretDigest) == true else { return nil }
            return try await load(prefix: token.prefix)
        }
        guard let known, known.secretDigest.matches(token.secretDigest), known.expiresAt.map({ $0 > now }) ?? true
        else { return nil }
        usage.note(known.id, at: now)
        return AuthenticatedPrincipal(principal: known.principal, proof: .apiKey(known.id))
    }

    /// The principal as it is now, for a session that was opened earlier; `nil` when it may no longer act.
    ///
    /// - Parameter key: the key that the session was opened with: the principal may act as long as the key may.
    package func principal(_ id: PrincipalID, signedInWith key: APIKeyID? = nil) async throws -> Principal? {
        let now = clock.now()
        return try await database.read(.platform) { transaction in
            try await transaction.query(
                """
                \(fragment: PrincipalDirectory.selection)
                WHERE principal_id = \(id) AND \(fragment: Self.mayAct)
                  AND (\(key)::uuid IS NULL OR EXISTS (
                    SELECT FROM millwright.api_key
                    WHERE api_key.api_key_id = \(key) AND api_key.principal_id = \(id) AND api_key.revoked_at IS NULL
                      AND (api_key.expires_at IS NULL OR api_key.expires_at > \(now))))
                """
            ).first.map(Principal.init(row:))
        }
    }

    /// Yields whenever it may have changed what the principal may do: its keys, roles and status, a tenant's state.
    package func changes(of id: PrincipalID) -> AsyncStream<Void> {
        feed.changes { change in
            switch change {
            case .principal(let changed): changed == id
            case .tenant, .everything: true
            case .brand, .egress, .processPolicy: false
            }
        }
    }

    private func load(prefix: String) async throws -> CachedKey? {
        try await database.read(.platform) { transaction in
            let found = try await transaction.query(
                """
                SELECT api_key_id, principal_id, secret_sha256, expires_at
                FROM millwright.api_key
                WHERE prefix = \(prefix) AND revoked_at IS NULL
                """)
            guard let key = found.first else { return nil }
            let principalID = try key.decode("principal_id", as: PrincipalID.self)
            let principals = try await transaction.query(
                """
                \(fragment: PrincipalDirectory.selection)
                WHERE principal_id = \(principalID) AND \(fragment: Self.mayAct)
                """)
            guard let principal = try principals.first.map(Principal.init(row:)) else { return nil }
            return CachedKey(
                id: try key.decode("api_key_id"), secretDigest: Redacted(try key.decode("secret_sha256")),
                expiresAt: try key.decode("expires_at", as: Timestamp?.self), principal: principal)
        }
    }

    /// The principal is active, and no level of the tenant that it belongs to is deleted. That a tenant is suspended
    /// is not decided here: reading stays possible, and `TenantPlace.requireActive` refuses the rest with its reason.
    static let mayAct: Statement = """
        principal.status = 'active'
        AND (principal.existing_partner_id IS NULL OR EXISTS (
          SELECT FROM millwright.partner
          WHERE partner.partner_id = principal.partner_id AND partner.status <> 'deleted'))
        AND (principal.client_id IS NULL OR EXISTS (
          SELECT FROM millwright.client
          WHERE client.partner_id = principal.partner_id AND client.client_id = principal.client_id
            AND client.status <> 'deleted'))
        AND (principal.plant_id IS NULL OR EXISTS (
          SELECT FROM millwright.plant
          WHERE plant.partner_id = principal.partner_id AND plant.client_id = principal.client_id
            AND plant.plant_id = principal.plant_id AND plant.status <> 'deleted'))
        """

    // MARK: Last use

    /// Writes the keys' last use from time to time, until the task is cancelled. It may fail: then it is written later.
    package func run() async throws {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.recordingInterval)
            do { try await recordKeyUse() } catch {
                logger.warning("the last use of API keys was not written", metadata: ["reason": "\(error)"])
            }
        }
    }

    /// Writes when the keys were last used. To the minute: a row is not written again within one.
    package func recordKeyUse() async throws {
        let (ids, moments) = usage.take()
        guard !ids.isEmpty else { return }
        do {
            try await write(ids, moments)
        } catch {
            for (id, moment) in zip(ids, moments) { usage.note(id, at: moment) }
            throw error
        }
    }

    private func write(_ ids: [APIKeyID], _ moments: [Timestamp]) async throws {
        _ = try await database.transaction(.platform) { transaction in
            try await transaction.execute(
                """
                UPDATE millwright.api_key
                SET last_used_at = used.at
                FROM unnest(\(ids), \(moments)) AS used (id, at)
                WHERE api_key.api_key_id = used.id
                  AND (last_used_at IS NULL OR last_used_at < used.at - interval '1 minute')
                """)
        }
    }
}

/// Which keys were used since the last time somebody asked. Bounded by the number of keys that exist.
private final class KeyUsage: Sendable {
    private let moments = Mutex<[APIKeyID: Timestamp]>([:])

    func note(_ key: APIKeyID, at moment: Timestamp) {
        moments.withLock { $0[key] = max(moment, $0[key] ?? moment) }
    }

    func take() -> (ids: [APIKeyID], moments: [Timestamp]) {
        let taken = moments.withLock { moments in
            defer { moments = [:] }
            return moments
        }
        return (Array(taken.keys), Array(taken.values))
    }
}
