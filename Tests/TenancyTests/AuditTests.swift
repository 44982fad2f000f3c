import Database
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing

@Suite struct AuditTests {
    @Test("nobody changes or removes an entry, not the application and not the platform", arguments: [true, false])
    func insertOnly(asPlatform: Bool) async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let scope = asPlatform ? TenantScope.platform : plant.partner
            let statements: [Statement] = [
                "UPDATE millwright.audit_entry SET actor_name = 'Nobody'", "DELETE FROM millwright.audit_entry",
                "TRUNCATE millwright.audit_entry",
            ]
            for statement in statements {
                let error = await #expect(throws: DatabaseError.self) {
                    try await tenants.database.transaction(scope) { try await $0.execute(statement) }
                }
                #expect(error?.sqlState == SQLState.insufficientPrivilege)
            }
        }
    }

    @Test("a change that fails leaves no entry, and an entry that fails leaves no change")
    func sameTransaction() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let nobody = Actor(kind: .user, principalID: nil, displayName: "Nobody")
            await #expect(throws: DatabaseError.self) {
                try await tenants.directory.rename(plant.scope, to: "New", by: nobody)
            }
            #expect(try await tenants.directory.tenant(plant.scope).name == "Plant")
            await #expect(throws: Problem.self) {
                try await tenants.directory.rename(plant.scope, to: "New", expecting: 7, by: .system)
            }
            let actions = try await tenants.audit.entries(in: plant.scope, page: PageRequest()).items.map(
                \.entry.action)
            #expect(actions == ["plant.created"])
        }
    }

    @Test("an entry says who, what, old, new, why and from where")
    func content() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let admin = try await tenants.makePrincipal(.clientAdmin, in: plant.client)
            _ = try await tenants.directory.suspend(plant.scope, reason: "fire", by: admin.actor)
            let entry = try #require(
                try await tenants.audit.entries(
                    in: plant.scope, matching: .init(action: "plant.suspended"), page: PageRequest()
                ).items.first)
            #expect(entry.entry.objectID == plant.plantID.description)
            #expect(entry.entry.old?["status"] == "active")
            #expect(entry.entry.new?["status"] == "suspended")
            #expect(entry.entry.reason == "fire")
            #expect(entry.entry.actor == admin.actor)
            #expect(entry.entry.scope == plant.scope)
        }
    }

    @Test("a scope reads its own entries and those below, newest first, by filter and by page")
    func listing() async throws {
        try await TenantFixture.with { tenants in
            let mine = try await tenants.makePlant()
            let theirs = try await tenants.makePlant()
            _ = try await tenants.directory.rename(mine.scope, to: "Two", by: .system)
            let all = try await tenants.audit.entries(in: mine.partner, page: PageRequest(limit: 3))
            #expect(
                all.items.map(\.entry.action)
                    == ["plant.changed", "plant.created", "client.created"])
            let rest = try await tenants.audit.entries(in: mine.partner, page: PageRequest(limit: 3, cursor: all.next))
            #expect(rest.items.map(\.entry.action) == ["partner.created"])
            let none = try await tenants.audit.entries(
                in: mine.partner, matching: .init(objectID: theirs.plantID.description), page: PageRequest())
            #expect(none.items.isEmpty)
            let later = try await tenants.audit.entries(
                in: mine.partner, matching: .init(from: Timestamp.now().adding(seconds: 60)), page: PageRequest())
            #expect(later.items.isEmpty)
        }
    }
}
