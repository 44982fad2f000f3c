/// Who acts, as the audit sees it.
public struct Actor: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case user
        case apiKey = "api-key"
        case runner
        case system
    }

    public var kind: Kind
    /// The principal behind the action; `nil` only for the system itself.
    public var principalID: PrincipalID?
    /// The name that a person reads, as it was at the time of the action.
    public var displayName: String
    /// Where the action came from: an IP address, `unix`, or a command name.
    public var origin: String?

    public init(kind: Kind, principalID: PrincipalID?, displayName: String, origin: String? = nil) {
        self.kind = kind
        self.principalID = principalID
        self.displayName = displayName
        self.origin = origin
    }

    public static let system = Actor(kind: .system, principalID: nil, displayName: "Millwright")

    /// Somebody who has not proved who it is.
    public static func anonymous(_ origin: String?) -> Actor {
        Actor(kind: .system, principalID: nil, displayName: "anonymous", origin: origin)
    }
}
