import Database
import Primitives
import Synchronization
import Tenancy
import TestSupport
import Testing

@Suite struct AuthenticatorTests {
    @Test(
        "a text that cannot be a key is refused without asking the database",
        arguments: [
            "", "mw_", "mw_abcdefgh", "mw_abcdefgh_", "mw_ABCDEFGH_0123456789012345678901234567890123456789012",
            "xx_abcdefgh_0123456789012345678901234567890123456789012",
            "mw_abcdefgh_0123456789012345678901234567890123456789 12",
            "mw_abcdefgh_01234567890123456789012345678901234567890123",
        ])
    func malformedKeys(text: String) {
        #expect(APIKeyToken(text) == nil)
    }

    @Test("a wrong secret behind a known prefix, and an unknown prefix, are nobody")
    func wrongSecret() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let holder = try await tenants.makePrincipal(.supervisor, in: plant.scope)
            let forged = String(holder.key.prefix(12)) + String(repeating: "A", count: 43)
            #expect(try await tenants.authenticator.authenticate(apiKey: forged) == nil)
            let unknown = "mw_00000000_" + holder.key.suffix(43)
            #expect(try await tenants.authenticator.authenticate(apiKey: unknown) == nil)
            let found = try await tenants.authenticator.authenticate(apiKey: holder.key)
            #expect(found?.principal == holder.principal)
            #expect(found?.proof == .apiKey(holder.keyID))
        }
    }

    @Test("only the digest of the secret is stored, in no column the secret itself")
    func secretIsHashed() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let holder = try await tenants.makePrincipal(
                .supervisor, in: plant.scope, password: "correct horse battery")
            let dump = try await tenants.database.read(.platform) { transaction in
                try await transaction.query(
                    """
                    SELECT (SELECT string_agg(to_jsonb(api_key)::text, ' ') FROM millwright.api_key)
                      || (SELECT string_agg(to_jsonb(principal)::text, ' ') FROM millwright.principal)
                      || (SELECT string_agg(to_jsonb(audit_entry)::text, ' ') FROM millwright.audit_entry) AS dump
                    """
                )[0].decode("dump", as: String.self)
            }
            #expect(dump.contains(holder.key.dropFirst(3).prefix(8)))
            #expect(!dump.contains(holder.key.suffix(43)))
            #expect(!dump.contains("correct horse"))
        }
    }

    @Test("a known key is recognised again without the database")
    func hitPath() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let holder = try await tenants.makePrincipal(.operator, in: plant.scope)
            try await tenants.settle()
            let authenticator = Authenticator(database: tenants.database, feed: tenants.feed, cacheAge: .seconds(600))
            _ = try await authenticator.authenticate(apiKey: holder.key)
            let sends = tenants.database.statistics.sends
            for _ in 0..<1_000 { #expect(try await authenticator.authenticate(apiKey: holder.key) != nil) }
            // The feed asks now and then whether it still hears.
            #expect(tenants.database.statistics.sends - sends < 100)
        }
    }

    @Test(
        "where only known keys count, one that was known too long ago is asked after, and a guess at the rest of it is not"
    )
    func onlyKnown() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let holder = try await tenants.makePrincipal(.operator, in: plant.scope)
            try await tenants.settle()
            let authenticator = Authenticator(database: tenants.database, feed: tenants.feed, cacheAge: .zero)
            #expect(try await authenticator.authenticate(apiKey: holder.key, onlyKnown: true) == nil)
            #expect(try await authenticator.authenticate(apiKey: holder.key) != nil)
            #expect(try await authenticator.authenticate(apiKey: holder.key, onlyKnown: true) != nil)
            let sends = tenants.database.statistics.sends
            let guess = String(holder.key.prefix(12)) + String(repeating: "A", count: 43)
            #expect(try await authenticator.authenticate(apiKey: guess, onlyKnown: true) == nil)
            #expect(tenants.database.statistics.sends == sends)
        }
    }

    @Test("a revoked key is nobody, also on a replica that had it cached")
    func revocation() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let holder = try await tenants.makePrincipal(.operator, in: plant.scope)
            let other = TenantFixture(tenants.database)
            try await other.listening {
                #expect(try await other.authenticator.authenticate(apiKey: holder.key) != nil)
                #expect(try await tenants.authenticator.authenticate(apiKey: holder.key) != nil)
                let heard = AsyncStream<Void> { continuation in
                    other.feed.observe { if $0 == .principal(holder.principal.id) { continuation.yield() } }
                }
                let start = ContinuousClock.now
                _ = try await tenants.principals.revokeKey(holder.keyID, in: plant.scope, by: .system)
                #expect(try await tenants.authenticator.authenticate(apiKey: holder.key) == nil)
                for await _ in heard { break }
                #expect(try await other.authenticator.authenticate(apiKey: holder.key) == nil)
                #expect(ContinuousClock.now - start < .seconds(1))
            }
        }
    }

    @Test("an expired key is nobody from the moment on, also when it is cached")
    func expiry() async throws {
        try await PostgresFixture.withDatabase { database in
            let clock = SetClock(.now())
            let tenants = TenantFixture(database, clock: clock)
            try await tenants.listening {
                let plant = try await tenants.makePlant()
                let holder = try await tenants.makePrincipal(.operator, in: plant.scope)
                let expiresAt = Timestamp.now().adding(seconds: 60)
                let issued = try await tenants.principals.issueKey(
                    for: holder.principal.id, name: "short", expiresAt: expiresAt, in: plant.scope, by: .system)
                let key = issued.token.reveal()
                #expect(try await tenants.authenticator.authenticate(apiKey: key) != nil)
                clock.set(expiresAt)
                #expect(try await tenants.authenticator.authenticate(apiKey: key) == nil)
            }
        }
    }

    @Test("a disabled principal's keys are nobody until it is enabled again; a deleted one's for good")
    func disabled() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let holder = try await tenants.makePrincipal(.operator, in: plant.scope)
            _ = try await tenants.principals.disable(holder.principal.id, in: plant.scope, by: .system)
            #expect(try await tenants.authenticator.authenticate(apiKey: holder.key) == nil)
            _ = try await tenants.principals.enable(holder.principal.id, in: plant.scope, by: .system)
            #expect(try await tenants.authenticator.authenticate(apiKey: holder.key) != nil)
            try await tenants.principals.delete(holder.principal.id, in: plant.scope, by: .system)
            #expect(try await tenants.authenticator.authenticate(apiKey: holder.key) == nil)
            #expect(try await tenants.authenticator.principal(holder.principal.id) == nil)
        }
    }

    @Test("the keys of a deleted tenant's principals are nobody")
    func deletedTenant() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let holder = try await tenants.makePrincipal(.operator, in: plant.scope)
            #expect(try await tenants.authenticator.authenticate(apiKey: holder.key) != nil)
            try await tenants.directory.delete(plant.client, reason: "left", by: .system)
            #expect(try await tenants.authenticator.authenticate(apiKey: holder.key) == nil)
        }
    }

    @Test("a role that is taken away is gone with the next request")
    func rolesFollow() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let holder = try await tenants.makePrincipal(.supervisor, in: plant.scope)
            let before = try #require(try await tenants.authenticator.authenticate(apiKey: holder.key))
            #expect(before.allows(.runsOperate, in: plant.scope))
            _ = try await tenants.principals.revoke(
                RoleBinding(role: .supervisor, scope: plant.scope), from: holder.principal.id, in: plant.scope,
                grantedBy: .system, by: .system)
            let after = try #require(try await tenants.authenticator.authenticate(apiKey: holder.key))
            #expect(!after.allows(.runsOperate, in: plant.scope))
        }
    }

    @Test("a key's last use is written once it is asked for")
    func lastUse() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let holder = try await tenants.makePrincipal(.operator, in: plant.scope)
            _ = try await tenants.authenticator.authenticate(apiKey: holder.key)
            let before = try await tenants.principals.keys(of: holder.principal.id, in: plant.scope)
            #expect(before.map(\.lastUsedAt) == [nil])
            try await tenants.authenticator.recordKeyUse()
            let after = try await tenants.principals.keys(of: holder.principal.id, in: plant.scope)
            #expect(after[0].lastUsedAt != nil)
        }
    }

    @Test("a wrong password, an unknown address and a foreign partner's page sign nobody in")
    func signInRefused() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let holder = try await tenants.makePrincipal(
                .supervisor, in: plant.scope, password: "correct horse battery")
            let email = try #require(holder.principal.email)
            let authenticator = tenants.authenticator
            #expect(try await authenticator.signIn(email: email, password: Redacted("wrong")) == nil)
            #expect(try await authenticator.signIn(email: "x@example.com", password: Redacted("wrong")) == nil)
            let right = Redacted("correct horse battery")
            let foreign = try await tenants.makePartner()
            #expect(try await authenticator.signIn(email: email, password: right, within: foreign) == nil)
            let found = try await authenticator.signIn(
                email: email.uppercased(), password: right, within: plant.partnerID)
            #expect(found?.principal.id == holder.principal.id)
            #expect(try await authenticator.signIn(email: email, password: right)?.proof == .password)
        }
    }

    @Test("after too many wrong passwords even the right one rests, and works again later")
    func signInBlocked() async throws {
        try await PostgresFixture.withDatabase { database in
            let clock = SetClock(.now())
            let tenants = TenantFixture(database, clock: clock)
            let plant = try await tenants.makePlant()
            let holder = try await tenants.makePrincipal(
                .supervisor, in: plant.scope, password: "correct horse battery")
            let email = try #require(holder.principal.email)
            let right = Redacted("correct horse battery")
            for _ in 0..<5 {
                _ = try await tenants.authenticator.signIn(email: email, password: Redacted("wrong"))
            }
            #expect(try await tenants.authenticator.signIn(email: email, password: right) == nil)
            clock.set(clock.now().adding(seconds: 301))
            #expect(try await tenants.authenticator.signIn(email: email, password: right) != nil)
        }
    }
}

/// A clock that stands still until it is set.
final class SetClock: WallClock {
    private let moment: Mutex<Timestamp>
    init(_ moment: Timestamp) { self.moment = Mutex(moment) }
    func now() -> Timestamp { moment.withLock { $0 } }
    func set(_ next: Timestamp) { moment.withLock { $0 = next } }
}
