package import Primitives

/// What a replica must forget.
package enum TenancyChange: Sendable, Hashable {
    /// A partner, client or plant: scopes, names and states are cached by many keys, so all of them go.
    case tenant
    /// A principal, its keys or its roles.
    case principal(PrincipalID)
    /// A brand or a host name.
    case brand
    case egress(PlantID)
    case processPolicy(PlantID)
    /// Notifications may have been missed.
    case everything

    static let channel = "millwright_tenancy"

    /// The payload that the triggers of migrations 0002 and 0017 send: `<table>:<identifier>`.
    init(payload: String) {
        let parts = payload.split(separator: ":", maxSplits: 1).map(String.init)
        let id = parts.count == 2 ? parts[1] : ""
        switch parts.first {
        case "partner", "client", "plant": self = .tenant
        case "principal", "api_key", "role_binding": self = PrincipalID(id).map(Self.principal) ?? .everything
        case "brand", "brand_host": self = .brand
        case "process_policy": self = PlantID(id).map(Self.processPolicy) ?? .everything
        case "egress_rule": self = PlantID(id).map(Self.egress) ?? .everything
        default: self = .everything
        }
    }
}
