import Primitives
import Tenancy
import Testing

@Suite struct RoleTests {
    private let partner = PartnerID()
    private let client = ClientID()
    private let plant = PlantID()

    private func principal(_ role: Role, in scope: TenantScope) -> Principal {
        Principal(
            id: PrincipalID(), kind: .user, displayName: "Somebody", home: scope,
            bindings: [RoleBinding(role: role, scope: scope)], createdAt: Timestamp(unixMicroseconds: 0))
    }

    @Test("no role grants one that may do what it may not do itself", arguments: Role.allCases)
    func grantsAreBounded(role: Role) {
        for granted in role.grants {
            #expect(granted.permissions.isSubset(of: role.permissions), "\(role) grants \(granted)")
        }
    }

    @Test("nobody grants the runner's role, and only it has the runner's permission")
    func runnerIsApart() {
        #expect(Role.allCases.allSatisfy { !$0.grants.contains(.runner) })
        #expect(Role.allCases.filter { $0.holds(.runnerSync) } == [.runner])
        #expect(Role.runner.permissions == [.runnerSync])
    }

    @Test("every permission but the runner's is held by the platform's administrator")
    func everyPermissionIsHeld() {
        #expect(Role.platformAdmin.permissions == Set(Permission.allCases).subtracting([.runnerSync]))
    }

    @Test("only the platform's administrator changes partners")
    func partnersArePlatformBusiness() {
        #expect(Role.allCases.filter { $0.holds(.partnersWrite) } == [.platformAdmin])
    }

    @Test("an auditor and a billing viewer change nothing")
    func viewersOnlyRead() {
        for role in [Role.auditor, .billingViewer] {
            #expect(role.permissions.allSatisfy { $0.rawValue.hasSuffix(".read") }, "\(role)")
        }
    }

    @Test("a binding reaches its scope and what is below, never a sibling or what is above")
    func reach() {
        let supervisor = principal(.supervisor, in: .client(partner, client))
        #expect(supervisor.allows(.runsRead, in: .plant(partner, client, plant)))
        #expect(supervisor.allows(.runsRead, in: .client(partner, client)))
        #expect(!supervisor.allows(.runsRead, in: .partner(partner)))
        #expect(!supervisor.allows(.runsRead, in: .platform))
        #expect(!supervisor.allows(.runsRead, in: .plant(partner, ClientID(), plant)))
        #expect(!supervisor.allows(.runsRead, in: .plant(PartnerID(), client, plant)))
        #expect(!supervisor.allows(.priceBooksWrite, in: .plant(partner, client, plant)))
    }

    @Test("a binding is granted only by a role that grants it and reaches its scope")
    func granting() {
        let admin = principal(.clientAdmin, in: .client(partner, client))
        let inside = TenantScope.plant(partner, client, plant)
        #expect(admin.mayGrant(RoleBinding(role: .supervisor, scope: inside)))
        #expect(!admin.mayGrant(RoleBinding(role: .partnerAdmin, scope: .partner(partner))))
        #expect(!admin.mayGrant(RoleBinding(role: .supervisor, scope: .plant(partner, ClientID(), plant))))
        #expect(!principal(.supervisor, in: inside).mayGrant(RoleBinding(role: .operator, scope: inside)))
    }

    @Test("a role that cannot stand at a level is objected to, whoever grants it", arguments: Role.allCases)
    func levels(role: Role) {
        let scopes: [TenantScope] = [
            .platform, .partner(partner), .client(partner, client), .plant(partner, client, plant),
        ]
        for scope in scopes {
            let objection = Grantor.system.objection(to: RoleBinding(role: role, scope: scope), of: scope)
            #expect((objection == nil) == role.levels.contains(scope.level), "\(role) in \(scope.level)")
        }
    }

    @Test("the widest scopes leave out what another one covers")
    func widestScopes() {
        var somebody = principal(.supervisor, in: .client(partner, client))
        somebody.bindings.append(RoleBinding(role: .operator, scope: .plant(partner, client, plant)))
        somebody.bindings.append(RoleBinding(role: .operator, scope: .client(partner, ClientID())))
        #expect(somebody.scopes(with: .runsRead) == [somebody.bindings[0].scope, somebody.bindings[2].scope])
        #expect(somebody.scopes(with: .runsOperate) == [somebody.bindings[0].scope])
        #expect(somebody.scopes(with: .partnersWrite).isEmpty)
    }
}
