import Database
import JSON
import Primitives

/// Wrong passwords are counted with the account, so that guessing is slow however many addresses it comes from.
///
/// The audit has them without growing with them: an account that comes to rest is one entry, at most one in
/// `blockSeconds`, and those before a right password are a number in the entry of the session that it opens.
extension Authenticator {
    /// How often a password may be wrong before the account rests, and for how long.
    static let attemptsBeforeBlock = 5
    static let blockSeconds = 300.0

    /// While the account rests nothing is counted: those that were looked at together are one rest.
    func countWrongPassword(of id: PrincipalID, by actor: Actor) async throws {
        let now = clock.now()
        let restsUntil = now.adding(seconds: Self.blockSeconds)
        try await database.transaction(.platform) { transaction in
            let rows = try await transaction.query(
                """
                UPDATE millwright.principal
                SET failed_sign_ins = (failed_sign_ins + 1) % \(Self.attemptsBeforeBlock),
                  sign_in_blocked_until = CASE
                    WHEN failed_sign_ins + 1 >= \(Self.attemptsBeforeBlock) THEN \(restsUntil)
                    ELSE sign_in_blocked_until
                  END
                WHERE principal_id = \(id) AND (sign_in_blocked_until IS NULL OR sign_in_blocked_until <= \(now))
                RETURNING partner_id, client_id, plant_id, failed_sign_ins
                """)
            guard let row = rows.first, try row.decode("failed_sign_ins", as: Int.self) == 0 else { return }
            try await transaction.record(
                AuditEntry(
                    "session.refused", objectType: "principal", objectID: id.description,
                    new: [
                        "wrongPasswords": JSONValue(Self.attemptsBeforeBlock),
                        "restsUntil": .string(restsUntil.description),
                    ], by: actor, in: try row.scope()))
        }
    }

    /// - Returns: how many wrong ones there were; `nil` when the account has come to rest meanwhile: of many guesses that
    ///   are looked at together the right one is refused too.
    func forgetWrongPasswords(of id: PrincipalID) async throws -> Int? {
        let now = clock.now()
        return try await database.transaction(.platform) { transaction in
            let rows = try await transaction.query(
                """
                SELECT failed_sign_ins
                FROM millwright.principal
                WHERE principal_id = \(id) AND (sign_in_blocked_until IS NULL OR sign_in_blocked_until <= \(now))
                FOR NO KEY UPDATE
                """)
            guard let wrong = try rows.first?.decode("failed_sign_ins", as: Int.self) else { return nil }
            if wrong > 0 {
                try await transaction.execute(
                    """
                    UPDATE millwright.principal
                    SET failed_sign_ins = 0, sign_in_blocked_until = NULL
                    WHERE principal_id = \(id)
                    """)
            }
            return wrong
        }
    }
}
