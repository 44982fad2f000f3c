import Crypto
package import Database
package import Primitives
package import Tenancy

/// Who is signed in to the portal. The cookie holds a random token; the database holds its digest.
///
/// The token of a session that was opened with an API key ends in the key's identifier. The digest covers it, so nobody
/// can take it off, and the session ends with the key.
package struct SessionStore: Sendable {
    /// A shift and its handover.
    package static let lifetimeHours = 12

    package struct Session: Sendable {
        package var principalID: PrincipalID
        /// The key that opened the session; `nil` after a password.
        package var keyID: APIKeyID?
        /// Every form of the session carries it, so that another site cannot post in the person's name.
        package var formToken: String
    }

    private let database: Database

    package init(_ database: Database) { self.database = database }

    /// - Returns: the token for the cookie.
    package func begin(_ principal: PrincipalID, with proof: AuthenticatedPrincipal.Proof) async throws
        -> Redacted<String>
    {
        var token = Self.random()
        if case .apiKey(let key) = proof { token += ".\(key)" }
        let formToken = Self.random()
        _ = try await database.pipeline(
            .platform,
            [
                """
                INSERT INTO millwright.portal_session (token_digest, principal_id, form_token, expires_at)
                VALUES (\(Self.digest(token)), \(principal), \(formToken),
                    now() + make_interval(hours => \(Int32(Self.lifetimeHours))))
                """
            ])
        return Redacted(token)
    }

    package func session(_ token: String) async throws -> Session? {
        try await database.read(.platform) { transaction in
            guard
                let row = try await transaction.one(
                    """
                    SELECT principal_id, form_token FROM millwright.portal_session
                    WHERE token_digest = \(Self.digest(token)) AND expires_at > now()
                    """)
            else { return nil }
            let key = token.split(separator: ".").dropFirst().last.flatMap { APIKeyID(String($0)) }
            return Session(
                principalID: try row.decode("principal_id"), keyID: key, formToken: try row.decode("form_token"))
        }
    }

    package func end(_ token: String) async throws {
        _ = try await database.pipeline(
            .platform, ["DELETE FROM millwright.portal_session WHERE token_digest = \(Self.digest(token))"])
    }

    private static func digest(_ token: String) -> [UInt8] { Array(SHA256.hash(data: Array(token.utf8))) }

    /// 256 bits as hexadecimal digits.
    private static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<4).map { _ in
            let digits = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
