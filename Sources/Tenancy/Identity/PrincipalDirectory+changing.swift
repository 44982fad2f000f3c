import Database
import JSON
package import Primitives

/// What may be changed of a principal; what is `nil` stays.
package struct PrincipalChange: Sendable, Hashable {
    package var displayName: String?
    package var email: String?

    package init(displayName: String? = nil, email: String? = nil) {
        self.displayName = displayName
        self.email = email
    }
}

extension PrincipalDirectory {
    package func change(
        _ id: PrincipalID, _ change: PrincipalChange, in scope: TenantScope, expecting version: Int64? = nil,
        by actor: Actor
    ) async throws -> Principal {
        var findings = Findings()
        if let name = change.displayName { findings.checkName(name, "/displayName") }
        if let email = change.email { findings.checkEmail(email, "/email") }
        try findings.refuse("The principal cannot be changed.")
        return try await update(id, "changed", in: scope, expecting: version, by: actor) { principal in
            if let name = change.displayName { principal.displayName = name }
            if let email = change.email { principal.email = email.lowercased() }
        }
    }

    /// From now on it cannot sign in and its keys do not work, within a second on every replica. Its sessions end for
    /// good: enabling it brings none back.
    package func disable(
        _ id: PrincipalID, in scope: TenantScope, expecting version: Int64? = nil, reason: String? = nil,
        by actor: Actor
    ) async throws -> Principal {
        try await move(id, to: .disabled, "disabled", in: scope, expecting: version, reason: reason, by: actor)
    }

    package func enable(
        _ id: PrincipalID, in scope: TenantScope, expecting version: Int64? = nil, reason: String? = nil,
        by actor: Actor
    ) async throws -> Principal {
        try await move(id, to: .active, "enabled", in: scope, expecting: version, reason: reason, by: actor)
    }

    package func delete(
        _ id: PrincipalID, in scope: TenantScope, expecting version: Int64? = nil, reason: String? = nil,
        by actor: Actor
    ) async throws {
        _ = try await move(id, to: .deleted, "deleted", in: scope, expecting: version, reason: reason, by: actor)
    }

    /// Sets or, with `nil`, removes the password, and ends all sessions. Also lifts a block after failed attempts.
    ///
    /// - Parameter version: of the principal whose present password was asked for, so that one that was set meanwhile is
    ///   not overwritten.
    @discardableResult
    package func setPassword(
        of id: PrincipalID, to password: Redacted<String>?, in scope: TenantScope, expecting version: Int64? = nil,
        by actor: Actor
    ) async throws -> Principal {
        if let password {
            var findings = Findings()
            findings.checkPassword(password, "/password")
            try findings.refuse("The password cannot be set.")
        }
        let digest = try await passwordDigest(password)
        return try await update(
            id, password == nil ? "password-removed" : "password-set", in: scope, expecting: version, by: actor,
            also: ", password_digest = \(digest), failed_sign_ins = 0, sign_in_blocked_until = NULL"
        ) { principal in
            guard principal.kind == .user else { throw Problem(.wrongState, "Only a user has a password.") }
            principal.sessionGeneration += 1
        }
    }

    private func move(
        _ id: PrincipalID, to status: Principal.Status, _ verb: String, in scope: TenantScope,
        expecting version: Int64?, reason: String?, by actor: Actor
    ) async throws -> Principal {
        try await update(id, verb, in: scope, expecting: version, reason: reason, by: actor) { principal in
            guard principal.status != status else {
                throw Problem(.wrongState, "The principal is \(status.rawValue) already.")
            }
            principal.status = status
            principal.sessionGeneration += 1
        }
    }

    private func update(
        _ id: PrincipalID, _ verb: String, in scope: TenantScope, expecting version: Int64?, reason: String? = nil,
        by actor: Actor, also assignments: Statement = "", _ next: @Sendable (inout Principal) throws -> Void
    ) async throws -> Principal {
        do {
            let changed = try await database.transaction(scope) { transaction in
                try await transaction.execute(
                    "SELECT FROM millwright.principal WHERE principal_id = \(id) FOR NO KEY UPDATE")
                let old = try await Self.current(id, transaction)
                try requireVersion(version, of: old.version)
                var new = old
                try next(&new)
                new.version += 1
                try await transaction.execute(
                    """
                    UPDATE millwright.principal
                    SET display_name = \(new.displayName), email = \(new.email), status = \(new.status),
                      version = \(new.version), session_generation = \(new.sessionGeneration), changed_at = now() \(fragment: assignments)
                    WHERE principal_id = \(id)
                    """)
                try await transaction.record(
                    AuditEntry(
                        "principal.\(verb)", objectType: "principal", objectID: id.description, old: old.audited,
                        new: new.audited, reason: reason, by: actor, in: old.home))
                return new
            }
            feed.announce(.principal(id))
            return changed
        } catch let error as DatabaseError where error.violates(constraint: "principal_email_is_unique") {
            throw Problem(
                .alreadyExists, "There is already a principal with this e-mail address.",
                items: [.init(path: "/email", message: "Is taken.")])
        }
    }
}
