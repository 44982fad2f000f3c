package import Primitives

/// On whose authority roles are given. Files that the operator applies are the system's; everything else is somebody's.
package enum Grantor: Sendable, Hashable {
    case system
    case principal(Principal)

    /// Why the binding may not be given or taken away, or `nil` when it may. Also when a role cannot stand at a level.
    package func objection(to binding: RoleBinding, of home: TenantScope) -> String? {
        if !binding.role.levels.contains(binding.scope.level) {
            return "The role \(binding.role.rawValue) cannot be held in a \(binding.scope.level.rawValue)."
        }
        if home == .platform ? binding.scope != .platform : !home.covers(binding.scope) {
            return "The scope is not part of the tenant that the principal belongs to."
        }
        switch self {
        case .system: return nil
        case .principal(let principal):
            if principal.mayGrant(binding) { return nil }
            return "The role \(binding.role.rawValue) is beyond what you may grant here."
        }
    }
}
