import HTTPTypes
import HummingbirdTesting
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

/// Every operation against everybody who may not use it. The list of operations is the declaration itself, so one that
/// is added later is tried here without a line more.
@Suite("Who may not, may not")
struct AuthorisationTests {
    @Test("every operation refuses no key, a wrong role, a sibling plant, a sibling client and another partner")
    func everyOperation() async throws {
        try await WebFixture.with { fixture, client in
            let ours = try await fixture.tenants.makePlant()
            let strangers = try await Strangers(fixture.tenants, beside: ours)
            var tried = 0
            for operation in fixture.surface.table.operations {
                let path = Self.path(operation, ours)
                let open = try await client.call(operation.method, path)
                if operation.access == .open {
                    #expect(open.status != 401, "\(operation.id) is declared open")
                    tried += 1
                    continue
                }
                #expect(open.status == 401, "\(operation.id) without a key: \(open.status)")
                let forged = "mw_abcdefgh_" + String(repeating: "A", count: 43)
                let unknown = try await client.call(operation.method, path, key: forged)
                #expect(unknown.status == 401, "\(operation.id) with an unknown key: \(unknown.status)")
                tried += 1
                guard case .permission(let permission, let source) = operation.access else { continue }
                let scope = Self.scope(source, ours)
                if let role = Self.role(without: permission, reaching: scope) {
                    let holder = try await fixture.tenants.makePrincipal(role.role, in: role.scope)
                    let answer = try await client.call(operation.method, path, key: holder.key)
                    #expect(answer.status == 403, "\(operation.id) as \(role.role): \(answer.status)")
                }
                for stranger in strangers.to(source) {
                    let answer = try await client.call(operation.method, path, key: stranger.key)
                    #expect(answer.status == 404, "\(operation.id) from \(stranger.name): \(answer.status)")
                    #expect(answer.body["code"] == "not-found")
                }
            }
            #expect(tried == fixture.surface.table.operations.count)
        }
    }

    @Test("a foreign plant is answered exactly as one that does not exist")
    func foreignIsAbsent() async throws {
        try await WebFixture.with { fixture, client in
            let ours = try await fixture.tenants.makePlant()
            let theirs = try await fixture.tenants.makePlant()
            let holder = try await fixture.tenants.makePrincipal(.supervisor, in: ours.scope)
            let foreign = try await client.call(.get, "/v1/plants/\(theirs.plantID)/runs", key: holder.key)
            let absent = try await client.call(.get, "/v1/plants/\(PlantID())/runs", key: holder.key)
            #expect(foreign.status == 404 && absent.status == 404)
            var (left, right) = (foreign.body, absent.body)
            left.set("instance", nil)
            right.set("instance", nil)
            #expect(left == right)
        }
    }

    private struct Strangers {
        struct Stranger {
            var name: String
            var key: String
        }

        let siblingPlant, siblingClient, otherPartner: Stranger

        init(_ tenants: TenantFixture, beside ours: TenantFixture.Place) async throws {
            let plant = try await tenants.makePlant(in: ours.partnerID, ours.clientID)
            siblingPlant = .init(
                name: "a sibling plant", key: try await tenants.makePrincipal(.supervisor, in: plant.scope).key)
            let client = try await tenants.makePlant(in: ours.partnerID)
            siblingClient = .init(
                name: "a sibling client", key: try await tenants.makePrincipal(.clientAdmin, in: client.client).key)
            let partner = try await tenants.makePlant()
            otherPartner = .init(
                name: "another partner", key: try await tenants.makePrincipal(.partnerAdmin, in: partner.partner).key)
        }

        func to(_ source: ScopeSource) -> [Stranger] {
            switch source {
            case .platform: []
            case .partner: [otherPartner]
            case .client: [siblingClient, otherPartner]
            case .plant: [siblingPlant, siblingClient, otherPartner]
            }
        }
    }

    private static func scope(_ source: ScopeSource, _ place: TenantFixture.Place) -> TenantScope {
        switch source {
        case .platform: .platform
        case .partner: place.partner
        case .client: place.client
        case .plant: place.scope
        }
    }

    /// A role that reaches the scope and lacks the permission; for the platform, one that does not reach it.
    private static func role(
        without permission: Permission, reaching scope: TenantScope
    ) -> (role: Role, scope: TenantScope)? {
        let levels: [TenantScope] =
            [.platform]
            + (scope.partnerID.map { [TenantScope.partner($0)] } ?? [])
            + (scope.level == .client || scope.level == .plant ? [.client(scope.partnerID!, scope.clientID!)] : [])
            + (scope.level == .plant ? [scope] : [])
        for level in levels.reversed() {
            for role in Role.allCases where role != .runner && role.levels.contains(level.level) {
                if !role.holds(permission) { return (role, level) }
            }
        }
        return nil
    }

    private static func path(_ operation: Operation, _ place: TenantFixture.Place) -> String {
        var path = operation.path
        for name in operation.pathParameters {
            let value =
                switch name {
                case "partner": place.partnerID.description
                case "client": place.clientID.description
                case "plant": place.plantID.description
                default: UUIDv7().description
                }
            path = path.replacing("{\(name)}", with: value)
        }
        return path
    }
}
