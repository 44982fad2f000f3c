import Database
import Primitives
import Tenancy
import TestSupport
import Testing

@Suite struct PrincipalDirectoryTests {
    @Test("a principal with nothing right is told everything that is wrong")
    func allProblemsAtOnce() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let sibling = try await tenants.makePlant()
            let admin = try await tenants.makePrincipal(.clientAdmin, in: plant.client)
            let problem = await #expect(throws: Problem.self) {
                try await tenants.principals.create(
                    NewPrincipal(
                        kind: .apiKey, displayName: "a\nb", email: "not an address", password: Redacted("short"),
                        home: plant.client,
                        bindings: [
                            RoleBinding(role: .partnerAdmin, scope: plant.partner),
                            RoleBinding(role: .operator, scope: plant.scope),
                            RoleBinding(role: .operator, scope: sibling.scope),
                        ]),
                    grantedBy: admin.grantor, by: admin.actor)
            }
            #expect(
                problem?.items.map(\.path)
                    == ["/displayName", "/email", "/password", "/password", "/roles/0", "/roles/2"])
        }
    }

    @Test("nobody grants a role above the own, beside the own scope, or with no right to grant at all")
    func grantsBeyondReach() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let sibling = try await tenants.makePlant(in: plant.partnerID)
            let admin = try await tenants.makePrincipal(.clientAdmin, in: plant.client)
            let supervisor = try await tenants.makePrincipal(.supervisor, in: plant.scope)
            let someone = try await tenants.makePrincipal(nil, in: plant.client)
            let attempts: [(TenantFixture.KeyHolder, RoleBinding)] = [
                (admin, RoleBinding(role: .partnerAdmin, scope: plant.partner)),
                (admin, RoleBinding(role: .clientAdmin, scope: sibling.client)),
                (admin, RoleBinding(role: .operator, scope: sibling.scope)),
                (admin, RoleBinding(role: .runner, scope: plant.scope)),
                (supervisor, RoleBinding(role: .operator, scope: plant.scope)),
            ]
            for (grantor, binding) in attempts {
                let problem = await #expect(throws: Problem.self) {
                    try await tenants.principals.grant(
                        binding, to: someone.principal.id, in: plant.client, grantedBy: grantor.grantor,
                        by: grantor.actor)
                }
                #expect(problem?.code == .forbidden, "\(binding)")
            }
            let granted = try await tenants.principals.grant(
                RoleBinding(role: .quality, scope: plant.scope), to: someone.principal.id, in: plant.client,
                grantedBy: admin.grantor, by: admin.actor)
            #expect(granted.bindings == [RoleBinding(role: .quality, scope: plant.scope)])
        }
    }

    @Test("a principal of another tenant does not exist, whatever is asked of it")
    func foreignPrincipal() async throws {
        try await TenantFixture.with { tenants in
            let mine = try await tenants.makePlant()
            let theirs = try await tenants.makePlant(in: mine.partnerID)
            let foreign = try await tenants.makePrincipal(.supervisor, in: theirs.scope)
            let id = foreign.principal.id
            let principals = tenants.principals
            let scope = mine.client
            let attempts: [@Sendable () async throws -> Void] = [
                { _ = try await principals.principal(id, in: scope) },
                { _ = try await principals.disable(id, in: scope, by: .system) },
                { try await principals.delete(id, in: scope, by: .system) },
                { _ = try await principals.issueKey(for: id, name: "key", in: scope, by: .system) },
                { _ = try await principals.keys(of: id, in: scope) },
                { _ = try await principals.revokeKey(foreign.keyID, in: scope, by: .system) },
                { try await principals.setPassword(of: id, to: Redacted("long enough word"), in: scope, by: .system) },
                {
                    _ = try await principals.grant(
                        RoleBinding(role: .operator, scope: mine.scope), to: id, in: scope, grantedBy: .system,
                        by: .system)
                },
            ]
            for attempt in attempts {
                let problem = await #expect(throws: Problem.self) { try await attempt() }
                #expect(problem?.code == .notFound)
            }
            #expect(try await tenants.authenticator.authenticate(apiKey: foreign.key) != nil)
        }
    }

    @Test("an address is unique within a partner and tells nothing about another partner")
    func emailIsUniqueWithinPartner() async throws {
        try await TenantFixture.with { tenants in
            let one = try await tenants.makePlant()
            let two = try await tenants.makePlant()
            func create(in scope: TenantScope) async throws -> Principal {
                try await tenants.principals.create(
                    NewPrincipal(kind: .user, displayName: "Ada", email: "Ada@Example.com", home: scope),
                    grantedBy: .system, by: .system)
            }
            let first = try await create(in: one.partner)
            #expect(first.email == "ada@example.com")
            let problem = await #expect(throws: Problem.self) { try await create(in: one.client) }
            #expect(problem?.code == .alreadyExists)
            _ = try await create(in: two.partner)
            try await tenants.principals.delete(first.id, in: one.partner, by: .system)
            _ = try await create(in: one.client)
        }
    }

    @Test("a list shows the scope's own principals and those below, page by page")
    func listing() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let sibling = try await tenants.makePlant(in: plant.partnerID)
            let above = try await tenants.makePrincipal(.partnerAdmin, in: plant.partner)
            let own = try await tenants.makePrincipal(.clientAdmin, in: plant.client)
            let below = try await tenants.makePrincipal(.operator, in: plant.scope)
            let beside = try await tenants.makePrincipal(.operator, in: sibling.scope)
            let ofClient = try await tenants.principals.principals(in: plant.client, page: PageRequest()).items
            #expect(ofClient.map(\.id) == [own.principal.id, below.principal.id])
            let ofPartner = try await tenants.principals.principals(in: plant.partner, page: PageRequest(limit: 3))
            #expect(ofPartner.items.map(\.id) == [above.principal.id, own.principal.id, below.principal.id])
            let rest = try await tenants.principals.principals(
                in: plant.partner, page: PageRequest(limit: 3, cursor: ofPartner.next))
            #expect(rest.items.map(\.id) == [beside.principal.id])
            #expect(rest.next == nil)
        }
    }

    @Test("granting twice and taking away twice change and record one thing each")
    func idempotentBindings() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let someone = try await tenants.makePrincipal(nil, in: plant.scope)
            let binding = RoleBinding(role: .operator, scope: plant.scope)
            for _ in 0..<2 {
                _ = try await tenants.principals.grant(
                    binding, to: someone.principal.id, in: plant.scope, grantedBy: .system, by: .system)
            }
            for _ in 0..<2 {
                _ = try await tenants.principals.revoke(
                    binding, from: someone.principal.id, in: plant.scope, grantedBy: .system, by: .system)
            }
            let entries = try await tenants.audit.entries(
                in: plant.scope, matching: .init(objectID: someone.principal.id.description), page: PageRequest())
            #expect(entries.items.map(\.entry.action) == ["role.revoked", "role.granted", "principal.created"])
        }
    }

    @Test("every role can be made where it belongs, and the database refuses it elsewhere")
    func rolesFitLevels() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let holders = try await tenants.makeEveryRole(in: plant)
            #expect(holders.count == Role.allCases.count)
            let id = try #require(holders[.operator]).principal.id
            let error = await #expect(throws: DatabaseError.self) {
                try await tenants.database.transaction(plant.scope) { transaction in
                    try await transaction.execute(
                        """
                        INSERT INTO millwright.role_binding (
                          partner_id, client_id, plant_id, role_binding_id, principal_id, role)
                        VALUES (
                          \(plant.partnerID), \(plant.clientID), \(plant.plantID), \(UUIDv7()), \(id), 'partner-admin')
                        """)
                }
            }
            #expect(error?.constraint == "role_fits_level")
        }
    }
}
