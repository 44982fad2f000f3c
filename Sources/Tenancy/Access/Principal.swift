package import Primitives

/// Who may act: a person, a machine with an API key, or a runner.
package struct Principal: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable, CaseIterable {
        case active
        /// Cannot sign in and its keys do not work, until it is enabled again.
        case disabled
        /// Final. It stays as a row, because the audit points to it.
        case deleted
    }

    package var id: PrincipalID
    package var kind: Actor.Kind
    package var displayName: String
    package var email: String?
    /// Where the principal belongs. Its bindings lie in this scope or below.
    package var home: TenantScope
    package var status: Status
    package var bindings: [RoleBinding]
    /// For `ETag` and `If-Match`.
    package var version: Int64
    /// Moves with the password and the status: a session that was opened in an earlier one has ended.
    package var sessionGeneration: Int64
    package var createdAt: Timestamp

    package init(
        id: PrincipalID, kind: Actor.Kind, displayName: String, email: String? = nil, home: TenantScope,
        status: Status = .active, bindings: [RoleBinding] = [], version: Int64 = 1,
        sessionGeneration: Int64 = 1, createdAt: Timestamp
    ) {
        self.id = id
        self.kind = kind
        self.displayName = displayName
        self.email = email
        self.home = home
        self.status = status
        self.bindings = bindings
        self.version = version
        self.sessionGeneration = sessionGeneration
        self.createdAt = createdAt
    }

    /// Whether one of the bindings reaches `scope` and its role has the permission.
    package func allows(_ permission: Permission, in scope: TenantScope) -> Bool {
        bindings.contains { $0.scope.covers(scope) && $0.role.holds(permission) }
    }

    /// Whether the principal holds this very role in `scope`: human tasks are opened for a role.
    package func holds(_ role: Role, in scope: TenantScope) -> Bool {
        bindings.contains { $0.role == role && $0.scope.covers(scope) }
    }

    package func roles(in scope: TenantScope) -> Set<Role> {
        Set(bindings.lazy.filter { $0.scope.covers(scope) }.map(\.role))
    }

    /// The widest scopes in which the permission is held, without those that another one covers. What a list shows.
    package func scopes(with permission: Permission) -> [TenantScope] {
        let held = bindings.filter { $0.role.holds(permission) }.map(\.scope)
        var widest: [TenantScope] = []
        for scope in held where !widest.contains(scope) {
            if !held.contains(where: { $0 != scope && $0.covers(scope) }) { widest.append(scope) }
        }
        return widest
    }

    /// Whether this principal may give or take away a binding: a role of its own that grants it must reach the scope.
    package func mayGrant(_ binding: RoleBinding) -> Bool {
        bindings.contains { $0.scope.covers(binding.scope) && $0.role.grants.contains(binding.role) }
    }

    /// The principal as the audit names it.
    package func actor(origin: String?) -> Actor {
        Actor(kind: kind, principalID: id, displayName: displayName, origin: origin)
    }
}
