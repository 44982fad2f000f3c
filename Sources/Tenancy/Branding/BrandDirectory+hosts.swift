import Database
import JSON
package import Primitives

/// A host name as it is compared: lower case, without port and trailing dot.
enum BrandHost {
    static func normalised(_ text: String) -> String? {
        var name = Substring(text.lowercased())
        if let colon = name.lastIndex(of: ":") { name = name[..<colon] }
        if name.hasSuffix(".") { name = name.dropLast() }
        return isHostName(String(name)) ? String(name) : nil
    }

    /// RFC 1123: labels of 1 to 63 letters, digits and inner hyphens; 253 characters in all.
    static func isHostName(_ name: String) -> Bool {
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        return name.utf8.count <= 253 && labels.allSatisfy { String($0).isSlug }
    }
}

extension BrandDirectory {
    package func hostNames(of scope: TenantScope) async throws -> [String] {
        try await database.read(scope) { transaction in
            try await transaction.query(
                """
                SELECT host
                FROM millwright.brand_host
                WHERE partner_id = \(scope.ownerID) AND client_id IS NOT DISTINCT FROM \(scope.clientID)
                  AND plant_id IS NOT DISTINCT FROM \(scope.plantID)
                ORDER BY host
                LIMIT 1000
                """
            ).column("host")
        }
    }

    /// Pages that are opened on this host name show this tenant's brand. Adding it again changes nothing.
    ///
    /// A client and a plant claim names below one of their partner's; a partner claims any that is not the platform's,
    /// another partner's or below one of those.
    ///
    /// - Parameter asPlatform: the caller is the platform's administrator, who may give any name; the operator's files
    ///   may as well.
    /// - Throws: `Problem(.alreadyExists)` when another tenant has the name; it does not say which one.
    package func addHost(
        _ host: String, to scope: TenantScope, asPlatform: Bool = false, by actor: Actor
    ) async throws {
        let objections = Self.objections(toHost: host)
        guard let name = BrandHost.normalised(host), objections.isEmpty else {
            throw Problem(.invalidParameters, "The host name cannot be used.", items: objections)
        }
        try await requireClaimable(name, for: scope, isGiven: asPlatform || actor.kind == .system)
        do {
            try await database.transaction(scope) { transaction in
                let isThere = try await !transaction.query(
                    """
                    SELECT FROM millwright.brand_host
                    WHERE host = \(name) AND partner_id = \(scope.ownerID)
                      AND client_id IS NOT DISTINCT FROM \(scope.clientID)
                      AND plant_id IS NOT DISTINCT FROM \(scope.plantID)
                    """
                ).isEmpty
                if isThere { return }
                try await transaction.execute(
                    """
                    INSERT INTO millwright.brand_host (partner_id, client_id, plant_id, host)
                    VALUES (\(scope.ownerID), \(scope.clientID), \(scope.plantID), \(name))
                    """)
                try await transaction.record(
                    AuditEntry(
                        "brand-host.added", objectType: "brand-host", objectID: name, new: ["host": .string(name)],
                        by: actor))
            }
        } catch let error as DatabaseError where error.isUniqueViolation {
            throw Problem(
                .alreadyExists, "The host name is in use.", items: [.init(path: "/host", message: "Is in use.")])
        }
        feed.announce(.brand)
    }

    package func removeHost(_ host: String, from scope: TenantScope, by actor: Actor) async throws {
        let name = host.lowercased()
        try await database.transaction(scope) { transaction in
            let removed = try await transaction.execute(
                """
                DELETE FROM millwright.brand_host
                WHERE host = \(name) AND partner_id = \(scope.ownerID)
                  AND client_id IS NOT DISTINCT FROM \(scope.clientID)
                  AND plant_id IS NOT DISTINCT FROM \(scope.plantID)
                """)
            guard removed > 0 else { throw Problem.notFound("host name") }
            try await transaction.record(
                AuditEntry(
                    "brand-host.removed", objectType: "brand-host", objectID: name, old: ["host": .string(name)],
                    by: actor))
        }
        feed.announce(.brand)
    }
}
