package import Primitives

/// A named set of permissions that a principal holds in a scope.
package enum Role: String, Sendable, Hashable, CaseIterable {
    case platformAdmin = "platform-admin"
    case partnerAdmin = "partner-admin"
    case partnerOperator = "partner-operator"
    case billingViewer = "billing-viewer"
    case clientAdmin = "client-admin"
    case supervisor
    case `operator`
    case quality
    case maintenance
    case auditor
    case runner

    /// The levels at which the role can be bound. The table `role_binding` has the same rule as a constraint.
    package var levels: Set<TenantLevel> {
        switch self {
        case .platformAdmin: [.platform]
        case .partnerAdmin, .partnerOperator: [.partner]
        case .billingViewer: [.partner, .client]
        case .clientAdmin: [.client]
        case .supervisor, .operator, .quality, .maintenance: [.client, .plant]
        case .auditor: [.platform, .partner, .client, .plant]
        case .runner: [.plant]
        }
    }

    /// The roles that a holder of this one may give and take away, within the scope in which it holds it.
    ///
    /// No role grants one that may do something that it may not do itself (a test holds the two tables together).
    /// The runner's role is granted by the system alone.
    package var grants: Set<Role> {
        switch self {
        case .platformAdmin: Set(Role.allCases).subtracting([.runner])
        case .partnerAdmin: Set(Role.allCases).subtracting([.platformAdmin, .runner])
        case .clientAdmin: [.billingViewer, .clientAdmin, .supervisor, .operator, .quality, .maintenance, .auditor]
        default: []
        }
    }

    package func holds(_ permission: Permission) -> Bool { permissions.contains(permission) }
}
