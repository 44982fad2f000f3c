package import Primitives

/// One role, held in one scope and in everything below it.
package struct RoleBinding: Sendable, Hashable {
    package var role: Role
    package var scope: TenantScope

    package init(role: Role, scope: TenantScope) {
        self.role = role
        self.scope = scope
    }
}
