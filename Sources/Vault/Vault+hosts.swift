import Database
package import Primitives

extension Vault {
    /// Says anew where the credential may be sent to. Who uses it on a level below cannot: a plant's connection would
    /// otherwise lead somebody else's secret to wherever the plant likes. Runners learn of it with their next settings.
    package func setHosts(
        _ id: CredentialID, to hosts: [String], in scope: TenantScope, expecting version: Int64? = nil,
        reason: String? = nil, by actor: Actor
    ) async throws -> Credential {
        try await database.transaction(scope) { transaction in
            let old = try await Self.owned(id, by: scope, expecting: version, transaction)
            let hosts = try Self.canonical(hosts, in: old.scope)
            if hosts == old.hosts { return old }
            try await transaction.execute(
                "UPDATE millwright.credential SET hosts = \(hosts), version = version + 1 WHERE credential_id = \(id)")
            let new = try await Self.current(id, transaction)
            try await self.audit.record(
                VaultChange(kind: .hostsChanged, credential: new, old: old, actor: actor, reason: reason),
                in: transaction)
            return new
        }
    }

    /// The hosts as they are stored and shown.
    static func canonical(_ hosts: [String], in scope: TenantScope) throws(Problem) -> [String] {
        var items: [Problem.Item] = []
        var read: [String] = []
        for (index, text) in hosts.enumerated() {
            if let host = CredentialHost(text)?.description {
                if !read.contains(host) { read.append(host) }
            } else if items.count < 10 {
                items.append(
                    .init(
                        path: "/hosts/\(index)",
                        message: "Must be a host name, one with '*.' in front, or an IP address; a port may follow."))
            }
        }
        if hosts.count > CredentialHost.maximumHosts {
            items.append(.init(path: "/hosts", message: "May be \(CredentialHost.maximumHosts) at most."))
        }
        if hosts.isEmpty, scope.level != .plant {
            items.append(
                .init(
                    path: "/hosts",
                    message:
                        "Must name the hosts that it may be sent to: plants of this \(scope.level.rawValue) use it."))
        }
        guard items.isEmpty else { throw Problem(.invalidParameters, "The credential cannot be stored.", items: items) }
        return read
    }
}
