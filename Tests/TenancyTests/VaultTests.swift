import Crypto
import Database
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Vault

@Suite struct VaultTests {
    private struct AuditWriter: VaultAudit {
        func record(_ change: VaultChange, in transaction: TenantTransaction) async throws {
            try await transaction.record(
                AuditEntry(
                    change.kind.rawValue, objectType: "credential", objectID: change.credential.id.description,
                    new: ["name": .string(change.credential.name)], reason: change.reason, by: change.actor,
                    in: change.credential.scope))
        }
    }

    private static let secret = "s3cr3t-Wert-die-nirgends-steht"

    /// Where a connection leads.
    private static let cmms = CredentialDestination(host: "cmms.example", port: 443)

    private func vault(_ tenants: TenantFixture, _ key: MasterKey = .random()) -> Vault {
        Vault(masterKey: key, database: tenants.database, audit: AuditWriter())
    }

    private func value(_ text: String = Self.secret) -> Redacted<JSONValue> { Redacted(["token": .string(text)]) }

    // MARK: What must not work

    @Test("a version that was moved to another credential, tenant or number does not open")
    func swappedRows() async throws {
        try await TenantFixture.with { tenants in
            let vault = vault(tenants)
            let mine = try await tenants.makePlant()
            let theirs = try await tenants.makePlant()
            let opener = CredentialOpener()
            let a = try await vault.create(name: "a", kind: "bearer", value: value(), in: mine.scope, by: .system)
            let b = try await vault.create(
                name: "b", kind: "bearer", value: value("other"), in: mine.scope, by: .system)
            let c = try await vault.create(
                name: "c", kind: "bearer", value: value("third"), in: theirs.scope, by: .system)
            for (source, target, place) in [(a, b, mine), (a, c, theirs)] {
                try await behindTheBack(tenants) {
                    """
                    UPDATE millwright.credential_version AS target
                    SET sealed_value = source.sealed_value
                    FROM millwright.credential_version AS source
                    WHERE source.credential_id = '\(source.id)' AND target.credential_id = '\(target.id)'
                    """
                }
                let error = await #expect(throws: VaultError.self) {
                    try await vault.seal(.init(target.id, towards: [Self.cmms]), for: place.scope, to: opener.publicKey)
                }
                #expect(error?.code == "does-not-open")
                #expect(!"\(error.map(String.init(describing:)) ?? "")".contains(Self.secret))
            }
            try await behindTheBack(tenants) {
                """
                UPDATE millwright.credential_version SET credential_version = 2 WHERE credential_id = '\(a.id)';
                UPDATE millwright.credential SET current_version = 2 WHERE credential_id = '\(a.id)'
                """
            }
            await #expect(throws: VaultError.self) {
                try await vault.seal(.init(a.id, towards: [Self.cmms]), for: mine.scope, to: opener.publicKey)
            }
        }
    }

    @Test("another tenant's wrapped key does not open as one's own")
    func swappedTenantKeys() async throws {
        try await TenantFixture.with { tenants in
            let key = MasterKey.random()
            let mine = try await tenants.makePlant()
            let theirs = try await tenants.makePlant()
            let credential = try await vault(tenants, key).create(
                name: "a", kind: "bearer", value: value(), in: mine.scope, by: .system)
            _ = try await vault(tenants, key).create(
                name: "a", kind: "bearer", value: value(), in: theirs.scope, by: .system)
            try await behindTheBack(tenants) {
                """
                UPDATE millwright.tenant_key AS target SET wrapped_key = source.wrapped_key
                FROM millwright.tenant_key AS source
                WHERE source.partner_id = '\(theirs.partnerID)' AND target.partner_id = '\(mine.partnerID)'
                """
            }
            let error = await #expect(throws: VaultError.self) {
                try await vault(tenants, key).seal(
                    .init(credential.id, towards: [Self.cmms]), for: mine.scope, to: CredentialOpener().publicKey)
            }
            #expect(error?.code == "does-not-open")
        }
    }

    @Test("a wrong master key says that it is the wrong one, and names both by fingerprint only")
    func wrongMasterKey() async throws {
        try await TenantFixture.with { tenants in
            let right = MasterKey.random()
            let wrong = MasterKey.random()
            let plant = try await tenants.makePlant()
            let credential = try await vault(tenants, right).create(
                name: "a", kind: "bearer", value: value(), in: plant.scope, by: .system)
            let error = await #expect(throws: VaultError.self) {
                try await vault(tenants, wrong).seal(
                    .init(credential.id, towards: [Self.cmms]), for: plant.scope, to: CredentialOpener().publicKey)
            }
            #expect(error == .wrongMasterKey(wrappedWith: right.fingerprint, configured: wrong.fingerprint))
            await #expect(throws: VaultError.self) { try await vault(tenants, wrong).verifyMasterKey() }
            await #expect(throws: VaultError.self) {
                try await vault(tenants, wrong).create(
                    name: "b", kind: "bearer", value: value(), in: plant.scope, by: .system)
            }
            try await vault(tenants, right).verifyMasterKey()
        }
    }

    @Test("what was sealed to one runner, plant or version is opened by no other")
    func openedByOneOnly() async throws {
        try await TenantFixture.with { tenants in
            let vault = vault(tenants)
            let plant = try await tenants.makePlant()
            let opener = CredentialOpener()
            let credential = try await vault.create(
                name: "a", kind: "bearer", value: value(), in: plant.scope, by: .system)
            let sealed = try await vault.seal(
                .init(credential.id, towards: [Self.cmms]), for: plant.scope, to: opener.publicKey)
            let opened = try opener.open(sealed, for: plant.plantID).reveal()
            #expect(try JSONValue(parsing: opened) == value().reveal())
            #expect(throws: CredentialOpenerError.self) { try CredentialOpener().open(sealed, for: plant.plantID) }
            #expect(throws: CredentialOpenerError.self) { try opener.open(sealed, for: PlantID()) }
            var older = sealed
            older.version = 2
            #expect(throws: CredentialOpenerError.self) { try opener.open(older, for: plant.plantID) }
            await #expect(throws: VaultError.invalidPublicKey) {
                try await vault.seal(.init(credential.id, towards: [Self.cmms]), for: plant.scope, to: [1, 2, 3])
            }
        }
    }

    @Test("a credential of a sibling plant, another client or another partner does not exist")
    func foreignCredential() async throws {
        try await TenantFixture.with { tenants in
            let vault = vault(tenants)
            let mine = try await tenants.makePlant()
            let sibling = try await tenants.makePlant(in: mine.partnerID, mine.clientID)
            let other = try await tenants.makePlant()
            let key = CredentialOpener().publicKey
            for place in [sibling, other] {
                let foreign = try await vault.create(
                    name: "a", kind: "bearer", value: value(), in: place.scope, by: .system)
                let attempts: [@Sendable () async throws -> Void] = [
                    { _ = try await vault.credential(foreign.id, in: mine.scope) },
                    { _ = try await vault.seal(.init(foreign.id, towards: [Self.cmms]), for: mine.scope, to: key) },
                    {
                        _ = try await vault.rotate(
                            foreign.id, to: Redacted<JSONValue>(["a": 1]), in: mine.scope, by: .system)
                    },
                    { try await vault.delete(foreign.id, in: mine.scope, by: .system) },
                ]
                for attempt in attempts {
                    let problem = await #expect(throws: Problem.self) { try await attempt() }
                    #expect(problem?.code == .notFound)
                }
            }
        }
    }

    @Test(
        "a credential above the plant names its hosts, is sealed towards them alone, and has them changed by its keeper"
    )
    func hosts() async throws {
        try await TenantFixture.with { tenants in
            let vault = vault(tenants)
            let plant = try await tenants.makePlant()
            let key = CredentialOpener().publicKey
            let evil = CredentialDestination(host: "evil.example", port: 443)
            for scope in [plant.partner, plant.client] {
                for hosts in [[], ["*.com"], ["https://cmms.example"], ["cmms.example:0"], ["a b"]] {
                    let refused = await #expect(throws: Problem.self) {
                        try await vault.create(
                            name: "no", kind: "bearer", value: value(), hosts: hosts, in: scope, by: .system)
                    }
                    #expect(refused?.code == .invalidParameters)
                }
                let made = try await vault.create(
                    name: "a", kind: "bearer", value: value(), hosts: ["CMMS.example:443"], in: scope, by: .system)
                #expect(made.hosts == ["cmms.example:443"])
                _ = try await vault.seal(.init(made.id, towards: [Self.cmms]), for: plant.scope, to: key)
                for places in [[evil], [Self.cmms, evil], nil] as [[CredentialDestination]?] {
                    let refused = await #expect(throws: Problem.self) {
                        try await vault.seal(.init(made.id, towards: places), for: plant.scope, to: key)
                    }
                    #expect(refused?.code == .forbidden)
                }
                let below = await #expect(throws: Problem.self) {
                    try await vault.setHosts(made.id, to: ["evil.example"], in: plant.scope, by: .system)
                }
                #expect(below?.code == .notFound)
                let emptied = await #expect(throws: Problem.self) {
                    try await vault.setHosts(made.id, to: [], in: scope, by: .system)
                }
                #expect(emptied?.code == .invalidParameters)
                _ = try await vault.setHosts(made.id, to: ["new.example"], in: scope, by: .system)
                await #expect(throws: Problem.self) {
                    try await vault.seal(.init(made.id, towards: [Self.cmms]), for: plant.scope, to: key)
                }
                let entries = try await tenants.audit.entries(
                    in: scope, matching: .init(objectType: "credential", objectID: made.id.description),
                    page: PageRequest())
                #expect(entries.items.contains { $0.entry.action == "credential.hosts-changed" })
                // As a release without hosts stored it: it goes nowhere.
                try await behindTheBack(tenants) {
                    "UPDATE millwright.credential SET hosts = '{}' WHERE credential_id = '\(made.id)'"
                }
                await #expect(throws: Problem.self) {
                    try await vault.seal(.init(made.id, towards: [Self.cmms]), for: plant.scope, to: key)
                }
            }
        }
    }

    @Test("a plant uses its client's and partner's credentials and cannot change them")
    func credentialsOfLevelsAbove() async throws {
        try await TenantFixture.with { tenants in
            let vault = vault(tenants)
            let plant = try await tenants.makePlant()
            let opener = CredentialOpener()
            for scope in [plant.partner, plant.client] {
                let above = try await vault.create(
                    name: "shared", kind: "bearer", value: value(), hosts: ["cmms.example"], in: scope, by: .system)
                let sealed = try await vault.seal(
                    .init(above.id, towards: [Self.cmms]), for: plant.scope, to: opener.publicKey)
                #expect(try JSONValue(parsing: opener.open(sealed, for: plant.plantID).reveal()) == value().reveal())
                let problem = await #expect(throws: Problem.self) {
                    try await vault.rotate(above.id, to: value("mine"), in: plant.scope, by: .system)
                }
                #expect(problem?.code == .notFound)
            }
        }
    }

    @Test("a bad name, kind and value are refused together")
    func allProblemsAtOnce() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let problem = await #expect(throws: Problem.self) {
                try await vault(tenants).create(
                    name: "", kind: "Not A Word", value: Redacted<[UInt8]>([]), in: plant.scope, by: .system)
            }
            #expect(problem?.items.map(\.path) == ["/name", "/kind", "/value"])
        }
    }

    // MARK: The way of a credential

    @Test("a rotated credential opens with the new value, and the old one is gone")
    func rotation() async throws {
        try await TenantFixture.with { tenants in
            let vault = vault(tenants)
            let plant = try await tenants.makePlant()
            let opener = CredentialOpener()
            let made = try await vault.create(name: "a", kind: "bearer", value: value(), in: plant.scope, by: .system)
            let rotated = try await vault.rotate(
                made.id, to: value("new"), in: plant.scope, expecting: made.version, reason: "due", by: .system)
            #expect(rotated.currentVersion == 2)
            let stale = await #expect(throws: Problem.self) {
                try await vault.rotate(
                    made.id, to: value("newer"), in: plant.scope, expecting: made.version, by: .system)
            }
            #expect(stale?.code == .preconditionFailed)
            let sealed = try await vault.seal(
                .init(made.id, towards: [Self.cmms]), for: plant.scope, to: opener.publicKey)
            #expect(sealed.version == 2)
            #expect(try JSONValue(parsing: opener.open(sealed, for: plant.plantID).reveal()) == ["token": "new"])
            #expect(try await versions(of: made.id, tenants) == 1)
        }
    }

    @Test("a deleted credential is not found, its versions are gone, and its name is free")
    func deletion() async throws {
        try await TenantFixture.with { tenants in
            let vault = vault(tenants)
            let plant = try await tenants.makePlant()
            let made = try await vault.create(name: "a", kind: "bearer", value: value(), in: plant.scope, by: .system)
            let taken = await #expect(throws: Problem.self) {
                try await vault.create(name: "a", kind: "bearer", value: value(), in: plant.scope, by: .system)
            }
            #expect(taken?.code == .alreadyExists)
            try await vault.delete(made.id, in: plant.scope, by: .system)
            #expect(try await versions(of: made.id, tenants) == 0)
            #expect(try await vault.credentials(in: plant.scope).isEmpty)
            let problem = await #expect(throws: Problem.self) { try await vault.credential(made.id, in: plant.scope) }
            #expect(problem?.code == .notFound)
            _ = try await vault.create(name: "a", kind: "bearer", value: value(), in: plant.scope, by: .system)
            let entries = try await tenants.audit.entries(
                in: plant.scope, matching: .init(objectType: "credential"), page: PageRequest())
            #expect(
                entries.items.map(\.entry.action) == ["credential.created", "credential.deleted", "credential.created"])
        }
    }

    @Test("after a re-wrap the new master key opens everything and the old one nothing")
    func rewrap() async throws {
        try await TenantFixture.with { tenants in
            let old = MasterKey.random()
            let new = MasterKey.random()
            let vault = vault(tenants, old)
            let opener = CredentialOpener()
            var made: [(Credential, TenantFixture.Place)] = []
            for _ in 0..<2 {
                let plant = try await tenants.makePlant()
                made.append(
                    (
                        try await vault.create(name: "a", kind: "bearer", value: value(), in: plant.scope, by: .system),
                        plant
                    ))
            }
            #expect(try await vault.rewrap(with: new) == 2)
            #expect(try await vault.rewrap(with: new) == 2)
            for (credential, plant) in made {
                let sealed = try await self.vault(tenants, new).seal(
                    .init(credential.id, towards: [Self.cmms]), for: plant.scope, to: opener.publicKey)
                #expect(try JSONValue(parsing: opener.open(sealed, for: plant.plantID).reveal()) == value().reveal())
                await #expect(throws: VaultError.self) {
                    try await self.vault(tenants, old).seal(
                        .init(credential.id, towards: [Self.cmms]), for: plant.scope, to: opener.publicKey)
                }
            }
        }
    }

    @Test("the value stands in no column of any table, and in no description")
    func valueIsNowhere() async throws {
        try await TenantFixture.with { tenants in
            let key = MasterKey.random()
            let vault = vault(tenants, key)
            let plant = try await tenants.makePlant()
            let made = try await vault.create(name: "a", kind: "bearer", value: value(), in: plant.scope, by: .system)
            _ = try await vault.rotate(made.id, to: value(), in: plant.scope, by: .system)
            #expect(try await SuperuserSession.tables(holding: Self.secret, on: tenants.database) == [])
            // The search finds what is there.
            #expect(
                try await SuperuserSession.tables(holding: made.id.description, on: tenants.database)
                    == ["audit_entry", "credential", "credential_version"])
            #expect(!"\(value()) \(value().debugDescription) \(made) \(key)".contains(Self.secret))
            #expect(String(reflecting: key) == "master key \(key.fingerprint)")
            var dumped = ""
            dump(key, to: &dumped)
            dump(value(), to: &dumped)
            #expect(!dumped.contains(Self.secret))
        }
    }

    private func versions(of id: CredentialID, _ tenants: TenantFixture) async throws -> Int {
        try await tenants.database.read(.platform) { transaction in
            try await transaction.query(
                "SELECT FROM millwright.credential_version WHERE credential_id = \(id)"
            ).count
        }
    }

    /// What only somebody with the server's own login could do: change rows behind the application's back.
    private func behindTheBack(_ tenants: TenantFixture, _ sql: () -> String) async throws {
        try await SuperuserSession.run(sql(), on: tenants.database)
    }
}
