package import HTTPTypes
package import Primitives
package import Tenancy

/// Decides who calls and whether they may. The ports are the two questions that it has to ask.
package struct AccessGate: Sendable {
    /// The principal of an API key; `nil` when it is not valid (any more). With `onlyKnown` it asks nobody: a key that is
    /// not known here and now is then not valid.
    package typealias Identify = @Sendable (_ credential: Presented, _ onlyKnown: Bool) async throws -> Principal?
    /// The scope of an identifier in a path; `nil` when there is no such tenant or it is deleted.
    package typealias Resolve = @Sendable (_ source: ScopeSource, _ id: UUIDv7) async throws -> TenantScope?
    /// Whether a tenant, or one above it, is suspended.
    package typealias IsSuspended = @Sendable (_ scope: TenantScope) async throws -> Bool

    package enum Presented: Sendable {
        case apiKey(Redacted<String>)
    }

    package struct Admitted: Sendable {
        package var principal: Principal?
        package var scope: TenantScope
        package var actor: Actor
        /// What is left of the principal's limit; `nil` where nothing is counted.
        var rate: RateStatus?
    }

    private let limits: RequestLimits
    private let identify: Identify
    private let resolve: Resolve
    private let isSuspended: IsSuspended

    package init(
        limits: RequestLimits, identify: @escaping Identify, resolve: @escaping Resolve,
        isSuspended: @escaping IsSuspended
    ) {
        self.limits = limits
        self.identify = identify
        self.resolve = resolve
        self.isSuspended = isSuspended
    }

    /// - Throws: `unauthenticated`, `forbidden`, `tenantSuspended`, or `notFound` for a scope that the caller cannot see
    ///   at all, whether it exists or not. `RateRefusal` when the principal, or the address without one, asks too often.
    package func admit(
        _ operation: Operation, headers: HTTPFields, pathValues: [String: String], origin: String
    ) async throws -> Admitted {
        if operation.access == .open {
            return Admitted(principal: nil, scope: .platform, actor: Actor.anonymous(origin))
        }
        let principal = try await principal(headers, origin)
        let rate = try await limits.admit(principal.id)
        let actor = principal.actor(origin: origin)
        guard case .permission(let permission, let source) = operation.access else {
            return Admitted(principal: principal, scope: .platform, actor: actor, rate: rate)
        }
        let scope = try await scope(of: source, pathValues)
        guard principal.bindings.contains(where: { $0.scope.covers(scope) }) else {
            // What lies beside or above the caller is not there for it; only the platform itself is no secret.
            if scope == .platform { throw Problem(.forbidden, "This needs the permission \(permission.rawValue).") }
            throw Problem.notFound(source.rawValue)
        }
        guard principal.allows(permission, in: scope) else {
            throw Problem(.forbidden, "This needs the permission \(permission.rawValue) on this \(source.rawValue).")
        }
        if operation.changesState, !operation.isAllowedWhileSuspended, try await isSuspended(scope),
            !principal.allows(.partnersWrite, in: .platform)
        {
            throw Problem(.tenantSuspended, "This \(source.rawValue) is suspended. Ask whoever runs it for you.")
        }
        return Admitted(principal: principal, scope: scope, actor: actor, rate: rate)
    }

    /// Who calls. Whatever fails here is counted against the address, so that keys cannot be guessed at leisure.
    private func principal(_ headers: HTTPFields, _ origin: String) async throws -> Principal {
        guard let presented = Self.presented(in: headers) else {
            try await limits.refused(origin)
            throw Problem(.unauthenticated, "Send an API key as 'Authorization: Bearer mw_…'.")
        }
        let standing = limits.standing(of: origin)
        if let principal = try await identify(presented, standing != .good) { return principal }
        if case .blocked(let decision) = standing { throw limits.refusal(decision) }
        try await limits.refused(origin)
        throw Problem(.unauthenticated, "The API key is unknown, expired or revoked.")
    }

    private func scope(of source: ScopeSource, _ pathValues: [String: String]) async throws -> TenantScope {
        if source == .platform { return .platform }
        guard let id = pathValues[source.rawValue].flatMap({ UUIDv7($0) }), let scope = try await resolve(source, id)
        else { throw Problem.notFound(source.rawValue) }
        return scope
    }

    static func presented(in headers: HTTPFields) -> Presented? {
        if let value = headers[.authorization] {
            let parts = value.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
            return .apiKey(Redacted(String(parts[1])))
        }
        return nil
    }
}

extension Operation {
    /// Whether a suspended tenant may not do it.
    var changesState: Bool { method != .get && method != .head }
}
