import Crypto
package import Database
import JSON
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
        package var id: PortalSessionID
        package var principalID: PrincipalID
        /// The principal's when the session was opened: it ends when the principal's moves on.
        package var generation: Int64
        /// The key that opened the session; `nil` after a password.
        package var keyID: APIKeyID?
        /// Every form of the session carries it, so that another site cannot post in the person's name.
        package var formToken: String
        package var startedAt: Timestamp
    }

    private let database: Database

    package init(_ database: Database) { self.database = database }

    /// Opens a session, with its entry in the audit of whoever signs in.
    ///
    /// - Returns: the token for the cookie.
    package func begin(_ who: AuthenticatedPrincipal, from origin: String?) async throws -> Redacted<String> {
        let principal = who.principal
        let id = PortalSessionID()
        let key: APIKeyID? = if case .apiKey(let key) = who.proof { key } else { nil }
        var proof: JSONObject = ["with": key == nil ? "password" : "api-key"]
        if let key { proof["apiKeyId"] = .string(key.description) }
        if who.wrongPasswords > 0 { proof["wrongPasswordsBefore"] = JSONValue(who.wrongPasswords) }
        let token = Self.token(of: key)
        let entry = AuditEntry(
            "session.started", objectType: "session", objectID: id.description, new: .object(proof),
            by: principal.actor(origin: origin), in: principal.home)
        _ = try await database.pipeline(
            .platform,
            [
                """
                INSERT INTO millwright.portal_session (
                  token_digest, portal_session_id, principal_id, session_generation, form_token, expires_at)
                VALUES (
                  \(Self.digest(token)), \(id), \(principal.id), \(principal.sessionGeneration), \(Self.random()),
                  now() + make_interval(hours => \(Int32(Self.lifetimeHours))))
                """, entry.insertion(in: .platform),
            ])
        return Redacted(token)
    }

    /// What the token stands for. Whether its principal may still act is another question.
    package func session(_ token: String) async throws -> Session? {
        try await database.read(.platform) { transaction in
            guard
                let row = try await transaction.one(
                    """
                    SELECT portal_session_id, principal_id, session_generation, form_token, created_at
                    FROM millwright.portal_session
                    WHERE token_digest = \(Self.digest(token)) AND expires_at > now()
                    """)
            else { return nil }
            return Session(
                id: try row.decode("portal_session_id"), principalID: try row.decode("principal_id"),
                generation: try row.decode("session_generation"), keyID: Self.key(in: token),
                formToken: try row.decode("form_token"), startedAt: try row.decode("created_at"))
        }
    }

    /// Lets a session go on after its person has changed the password, with a new token: whoever had the old one has none
    /// any more. It ends when it would have.
    ///
    /// - Parameter principal: as the change has left it.
    /// - Returns: `nil` when the session has ended meanwhile.
    package func renew(_ token: String, of principal: Principal) async throws -> Redacted<String>? {
        let next = Self.token(of: Self.key(in: token))
        let renewed = try await database.transaction(.platform) { transaction in
            try await transaction.execute(
                """
                UPDATE millwright.portal_session
                SET token_digest = \(Self.digest(next)), form_token = \(Self.random()),
                  session_generation = \(principal.sessionGeneration)
                WHERE token_digest = \(Self.digest(token)) AND principal_id = \(principal.id) AND expires_at > now()
                """)
        }
        return renewed == 1 ? Redacted(next) : nil
    }

    /// Ends a session, with its entry in the audit of its principal.
    ///
    /// - Parameter principal: whose it is; `nil` when it may not act any more: then the session had ended before, and the
    ///   audit has what ended it.
    package func end(
        _ token: String, _ session: Session, of principal: Principal?, reason: String? = nil, from origin: String?
    ) async throws {
        try await database.transaction(.platform) { transaction in
            let ended = try await transaction.execute(
                "DELETE FROM millwright.portal_session WHERE token_digest = \(Self.digest(token))")
            guard ended == 1, let principal else { return }
            try await transaction.record(
                AuditEntry(
                    "session.ended", objectType: "session", objectID: session.id.description,
                    old: ["startedAt": .string(session.startedAt.description)], reason: reason,
                    by: principal.actor(origin: origin), in: principal.home))
        }
    }

    private static func token(of key: APIKeyID?) -> String { random() + (key.map { ".\($0)" } ?? "") }

    private static func key(in token: String) -> APIKeyID? {
        token.split(separator: ".").dropFirst().last.flatMap { APIKeyID(String($0)) }
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
