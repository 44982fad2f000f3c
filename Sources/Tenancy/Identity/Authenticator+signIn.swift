import Database
package import Primitives

extension Authenticator {
    /// How many partners may know the same address for a sign-in on a host name that belongs to none of them.
    static let maximumCandidates = 5

    /// Signs a person in with e-mail address and password.
    ///
    /// - Parameters:
    ///   - partner: the partner whose host name the page was opened on, `nil` on the platform's own.
    ///   - origin: where it is tried from, for the audit.
    /// - Returns: `nil` for any reason; the caller learns no more, and it takes the same time.
    /// - Throws: `Problem(.tooManyRequests)` when too many try at once.
    package func signIn(
        email: String, password: Redacted<String>, within partner: PartnerID? = nil, from origin: String? = nil
    ) async throws -> AuthenticatedPrincipal? {
        let candidates = try await candidates(email: email, within: partner)
        if candidates.isEmpty {
            _ = try await passwords.verify(password, against: nil)
            return nil
        }
        for candidate in candidates {
            let isRight = try await passwords.verify(password, against: candidate.isBlocked ? nil : candidate.digest)
            if candidate.isBlocked { continue }
            guard isRight else {
                try await countWrongPassword(of: candidate.id, by: .anonymous(origin))
                continue
            }
            // A password that was changed while this one was looked at opens nothing any more.
            guard let wrong = try await forgetWrongPasswords(of: candidate.id),
                let principal = try await principal(candidate.id), principal.sessionGeneration == candidate.generation
            else { continue }
            return AuthenticatedPrincipal(principal: principal, proof: .password, wrongPasswords: wrong)
        }
        return nil
    }

    /// Asks somebody who is signed in for the password again. Wrong ones count as at the sign-in.
    ///
    /// - Returns: `nil` for a wrong password, an account that rests, and a principal that has no password.
    package func confirm(
        _ person: Principal, password: Redacted<String>, from origin: String? = nil
    ) async throws -> PasswordConfirmation? {
        let candidate = try await candidate(person.id)
        let digest = candidate.flatMap { $0.isBlocked ? nil : $0.digest }
        let isRight = try await passwords.verify(password, against: digest)
        guard let candidate, !candidate.isBlocked else { return nil }
        guard isRight else {
            try await countWrongPassword(of: person.id, by: person.actor(origin: origin))
            return nil
        }
        guard try await forgetWrongPasswords(of: person.id) != nil, try await principal(person.id) != nil else {
            return nil
        }
        return PasswordConfirmation(principalID: person.id, confirmedAt: clock.now())
    }

    private struct Candidate: Sendable {
        let id: PrincipalID
        let digest: String
        let generation: Int64
        let isBlocked: Bool

        init(row: Row) throws {
            id = try row.decode("principal_id")
            digest = try row.decode("password_digest")
            generation = try row.decode("session_generation")
            isBlocked = try row.decode("is_blocked")
        }
    }

    private func candidates(email: String, within partner: PartnerID?) async throws -> [Candidate] {
        try await candidates(
            "email = \(email.lowercased()) AND (\(partner)::uuid IS NULL OR partner_id = \(partner))")
    }

    private func candidate(_ id: PrincipalID) async throws -> Candidate? {
        try await candidates("principal_id = \(id)").first
    }

    private func candidates(_ condition: Statement) async throws -> [Candidate] {
        let now = clock.now()
        return try await database.read(.platform) { transaction in
            try await transaction.query(
                """
                SELECT principal_id, password_digest, session_generation,
                  coalesce(sign_in_blocked_until > \(now), false) AS is_blocked
                FROM millwright.principal
                WHERE \(fragment: condition) AND status = 'active' AND password_digest IS NOT NULL
                ORDER BY principal_id
                LIMIT \(Self.maximumCandidates)
                """
            ).map(Candidate.init(row:))
        }
    }
}
