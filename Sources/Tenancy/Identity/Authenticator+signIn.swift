import Database
package import Primitives

extension Authenticator {
    /// How often a password may be wrong before the account rests, and for how long.
    static let attemptsBeforeBlock = 5
    static let blockSeconds = 300.0
    /// How many partners may know the same address for a sign-in on a host name that belongs to none of them.
    static let maximumCandidates = 5

    /// Signs a person in with e-mail address and password.
    ///
    /// - Parameter partner: the partner whose host name the page was opened on, `nil` on the platform's own.
    /// - Returns: `nil` for any reason; the caller learns no more, and it takes the same time.
    /// - Throws: `Problem(.tooManyRequests)` when too many try at once.
    package func signIn(email: String, password: Redacted<String>, within partner: PartnerID? = nil) async throws
        -> AuthenticatedPrincipal?
    {
        let candidates = try await candidates(email: email, within: partner)
        if candidates.isEmpty {
            _ = try await passwords.verify(password, against: nil)
            return nil
        }
        for candidate in candidates {
            let isRight = try await passwords.verify(password, against: candidate.isBlocked ? nil : candidate.digest)
            if candidate.isBlocked { continue }
            try await note(candidate.id, succeeded: isRight)
            if isRight, let principal = try await principal(candidate.id) {
                return AuthenticatedPrincipal(principal: principal, proof: .password)
            }
        }
        return nil
    }

    /// Asks somebody who is signed in for the password again. Wrong ones count as at the sign-in.
    ///
    /// - Returns: `nil` for a wrong password, an account that rests, and a principal that has no password.
    package func confirm(_ id: PrincipalID, password: Redacted<String>) async throws -> PasswordConfirmation? {
        let candidate = try await candidate(id)
        let digest = candidate.flatMap { $0.isBlocked ? nil : $0.digest }
        let isRight = try await passwords.verify(password, against: digest)
        guard let candidate, !candidate.isBlocked else { return nil }
        try await note(id, succeeded: isRight)
        guard isRight, try await principal(id) != nil else { return nil }
        return PasswordConfirmation(principalID: id, confirmedAt: clock.now())
    }

    private struct Candidate: Sendable {
        let id: PrincipalID
        let digest: String
        let isBlocked: Bool
    }

    private func candidates(email: String, within partner: PartnerID?) async throws -> [Candidate] {
        let now = clock.now()
        return try await database.read(.platform) { transaction in
            try await transaction.query(
                """
                SELECT principal_id, password_digest, coalesce(sign_in_blocked_until > \(now), false) AS is_blocked
                FROM millwright.principal
                WHERE email = \(email.lowercased()) AND status = 'active' AND password_digest IS NOT NULL
                  AND (\(partner)::uuid IS NULL OR partner_id = \(partner))
                ORDER BY principal_id
                LIMIT \(Self.maximumCandidates)
                """
            ).map { row in
                Candidate(
                    id: try row.decode("principal_id"), digest: try row.decode("password_digest"),
                    isBlocked: try row.decode("is_blocked"))
            }
        }
    }

    private func candidate(_ id: PrincipalID) async throws -> Candidate? {
        let now = clock.now()
        return try await database.read(.platform) { transaction in
            try await transaction.one(
                """
                SELECT principal_id, password_digest, coalesce(sign_in_blocked_until > \(now), false) AS is_blocked
                FROM millwright.principal
                WHERE principal_id = \(id) AND status = 'active' AND password_digest IS NOT NULL
                """
            ).map { row in
                Candidate(
                    id: id, digest: try row.decode("password_digest"), isBlocked: try row.decode("is_blocked"))
            }
        }
    }

    private func note(_ id: PrincipalID, succeeded: Bool) async throws {
        let blockedUntil = clock.now().adding(seconds: Self.blockSeconds)
        _ = try await database.transaction(.platform) { transaction in
            if succeeded {
                try await transaction.execute(
                    """
                    UPDATE millwright.principal
                    SET failed_sign_ins = 0, sign_in_blocked_until = NULL
                    WHERE principal_id = \(id) AND failed_sign_ins > 0
                    """)
            } else {
                try await transaction.execute(
                    """
                    UPDATE millwright.principal
                    SET failed_sign_ins = (failed_sign_ins + 1) % \(Self.attemptsBeforeBlock),
                      sign_in_blocked_until = CASE
                        WHEN failed_sign_ins + 1 >= \(Self.attemptsBeforeBlock) THEN \(blockedUntil)
                        ELSE sign_in_blocked_until
                      END
                    WHERE principal_id = \(id)
                    """)
            }
        }
    }
}
