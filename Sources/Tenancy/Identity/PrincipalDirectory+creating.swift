import Database
import JSON
package import Primitives

/// A principal to be made.
package struct NewPrincipal: Sendable {
    package var kind: Actor.Kind
    package var displayName: String
    /// Needed for a user: it is how a person signs in and is written to.
    package var email: String?
    /// For users that sign in on the portal; `nil` leaves API keys as the only way.
    package var password: Redacted<String>?
    package var home: TenantScope
    package var bindings: [RoleBinding]

    package init(
        kind: Actor.Kind, displayName: String, email: String? = nil, password: Redacted<String>? = nil,
        home: TenantScope, bindings: [RoleBinding] = []
    ) {
        self.kind = kind
        self.displayName = displayName
        self.email = email
        self.password = password
        self.home = home
        self.bindings = bindings
    }
}

extension PrincipalDirectory {
    /// Makes the principal with its first roles, or tells everything that is wrong with it.
    package func create(_ new: NewPrincipal, grantedBy grantor: Grantor, by actor: Actor) async throws -> Principal {
        try validate(new, grantor)
        let digest = try await passwordDigest(new.password)
        let id = PrincipalID()
        do {
            return try await database.transaction(new.home) { transaction in
                try await transaction.execute(
                    """
                    INSERT INTO millwright.principal (
                      partner_id, client_id, plant_id, principal_id, kind, display_name, email, password_digest)
                    VALUES (
                      \(new.home.ownerID), \(new.home.clientID), \(new.home.plantID), \(id), \(new.kind),
                      \(new.displayName), \(new.email?.lowercased()), \(digest))
                    """)
                for binding in new.bindings {
                    try await transaction.execute(Self.insertion(of: binding, for: id, by: actor))
                }
                let created = try await Self.current(id, transaction)
                var audited = created.audited
                audited.set("roles", .array(new.bindings.map { .string("\($0.role.rawValue) in \($0.scope)") }))
                try await transaction.record(
                    AuditEntry(
                        "principal.created", objectType: "principal", objectID: id.description, new: audited,
                        by: actor, in: new.home))
                return created
            }
        } catch let error as DatabaseError where error.violates(constraint: "principal_email_is_unique") {
            throw Problem(
                .alreadyExists, "There is already a principal with this e-mail address.",
                items: [.init(path: "/email", message: "Is taken.")])
        } catch let error as DatabaseError where error.isForeignKeyViolation {
            throw Problem.notFound("tenant")
        }
    }

    private func validate(_ new: NewPrincipal, _ grantor: Grantor) throws {
        try Self.findings(on: new, grantor).refuse("The principal cannot be created.")
    }

    static func findings(on new: NewPrincipal, _ grantor: Grantor) -> Findings {
        var findings = Findings()
        findings.check(
            [.user, .apiKey].contains(new.kind) || (new.kind == .runner && grantor == .system), "/kind",
            "Must be user or api-key.")
        findings.checkName(new.displayName, "/displayName")
        if let email = new.email {
            findings.checkEmail(email, "/email")
        } else {
            findings.check(new.kind != .user, "/email", "A user needs an e-mail address.")
        }
        if let password = new.password {
            findings.check(new.kind == .user, "/password", "Only a user has a password.")
            findings.checkPassword(password, "/password")
        }
        for (index, binding) in new.bindings.enumerated() {
            if let objection = grantor.objection(to: binding, of: new.home) {
                findings.add("/roles/\(index)", objection)
            }
        }
        return findings
    }

    func passwordDigest(_ password: Redacted<String>?) async throws -> String? {
        guard let password else { return nil }
        return try await passwords.digest(of: password)
    }
}

extension Findings {
    /// Not a full grammar: one `@`, something on each side, nothing that could break out of a mail header.
    mutating func checkEmail(_ email: String, _ path: String) {
        let parts = email.split(separator: "@", omittingEmptySubsequences: false)
        let isSound =
            parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && email.utf8.count <= 254
            && email.unicodeScalars.allSatisfy { scalar in
                scalar.value > 0x20 && scalar.value != 0x7F && !"<>()[]\\,;:\"".unicodeScalars.contains(scalar)
                    && scalar.properties.generalCategory != .control && !scalar.properties.isWhitespace
            }
        check(isSound, path, "Is not an e-mail address.")
    }

    /// Length is what counts (NIST SP 800-63B, 5.1.1.2); the upper bound limits the work of hashing.
    mutating func checkPassword(_ password: Redacted<String>, _ path: String) {
        let length = password.reveal().unicodeScalars.count
        check((12...256).contains(length), path, "Must have 12 to 256 characters.")
    }
}
