import Crypto
package import Database
import HTTPTypes
import JSON
package import Primitives

/// Remembers the first answer to a POST with an `Idempotency-Key`, so that a repeated one gets the same answer and does
/// nothing (draft-ietf-httpapi-idempotency-key-header).
package struct IdempotencyStore: Sendable {
    /// Answers are kept for this long.
    package static let retentionHours = 24
    /// A request that has not ended after this long never will: its process died. Longer than any operation may take.
    package static let lockSeconds = 90
    package static let maximumKeyBytes = 255

    private let database: Database

    package init(_ database: Database) { self.database = database }

    package enum Claim: Sendable {
        /// Ours to perform.
        case new
        /// It was performed: the answer.
        case answered(status: Int, headers: [String: String], body: [UInt8])
    }

    package struct Key: Sendable {
        package var principal: PrincipalID
        package var text: String
        package var operation: String
        /// SHA-256 of method, path and body.
        package var fingerprint: [UInt8]

        package init(principal: PrincipalID, text: String, operation: String, path: String, body: [UInt8]) {
            self.principal = principal
            self.text = text
            self.operation = operation
            var hash = SHA256()
            hash.update(data: Array(path.utf8))
            hash.update(data: [0])
            hash.update(data: body)
            fingerprint = Array(hash.finalize())
        }
    }

    /// A request that broke off is never performed again: whether it was done before it could be recorded nobody knows,
    /// and doing it twice is what the sender wants to be safe from.
    ///
    /// - Throws: `idempotencyKeyReused` when the key came with another request before, `idempotencyKeyInFlight` while the
    ///   first one is under way, `idempotencyOutcomeUnknown` when it broke off.
    package func claim(_ key: Key) async throws -> Claim {
        try await database.transaction(.platform) { transaction in
            let claimed = try await transaction.query(
                """
                INSERT INTO millwright.idempotency_key
                    (principal_id, key, operation, fingerprint, state, locked_until)
                VALUES (\(key.principal), \(key.text), \(key.operation), \(key.fingerprint), 'in-flight',
                    now() + make_interval(secs => \(Double(Self.lockSeconds))))
                ON CONFLICT (principal_id, key) DO NOTHING
                RETURNING 1
                """)
            if !claimed.isEmpty { return .new }
            guard
                let row = try await transaction.one(
                    """
                    SELECT fingerprint, state, status, headers, body, locked_until < now() AS is_broken_off
                    FROM millwright.idempotency_key
                    WHERE principal_id = \(key.principal) AND key = \(key.text)
                    """)
            else { throw Problem(.idempotencyKeyInFlight, "The first request with this key is just ending.") }
            guard try row.decode("fingerprint", as: [UInt8].self) == key.fingerprint else {
                throw Problem(
                    .idempotencyKeyReused,
                    "This Idempotency-Key was sent with another request. Send a new key for a new request.")
            }
            guard try row.decode("state", as: String.self) == "answered" else {
                if try row.decode("is_broken_off", as: Bool.self) {
                    throw Problem(
                        .idempotencyOutcomeUnknown,
                        "The first request with this key broke off. Look whether it was done before you send a new key."
                    )
                }
                throw Problem(
                    .idempotencyKeyInFlight, "The first request with this key is still under way. Try again soon.")
            }
            var headers: [String: String] = [:]
            for (name, value) in try row.decode("headers", as: JSONValue.self).objectValue ?? [:] {
                headers[name] = value.stringValue
            }
            return .answered(
                status: try row.decode("status", as: Int.self), headers: headers,
                body: try row.decode("body", as: [UInt8].self))
        }
    }

    /// Runs a request and says beside its outcome whether it may have changed anything.
    package static func watching<Value: Sendable>(
        _ body: @Sendable () async throws -> Value
    ) async -> (outcome: Result<Value, any Error>, hasChanged: Bool) {
        let witness = CommitWitness()
        do {
            let value = try await CommitWitness.$current.withValue(witness) { try await body() }
            return (.success(value), witness.hasSeenCommit)
        } catch {
            return (.failure(error), witness.hasSeenCommit)
        }
    }

    package func record(_ key: Key, status: Int, headers: [String: String], body: [UInt8]) async throws {
        let fields = JSONValue.object(JSONObject(uniqueKeysWithValues: headers.map { ($0.key, .string($0.value)) }))
        _ = try await database.pipeline(
            .platform,
            [
                """
                UPDATE millwright.idempotency_key
                SET state = 'answered', status = \(status), headers = \(fields), body = \(body)
                WHERE principal_id = \(key.principal) AND key = \(key.text)
                """
            ])
    }

    /// The first request failed after it had changed something: from now on its key says so.
    package func abandon(_ key: Key) async throws {
        _ = try await database.pipeline(
            .platform,
            [
                """
                UPDATE millwright.idempotency_key SET locked_until = now() - interval '1 second'
                WHERE principal_id = \(key.principal) AND key = \(key.text) AND state = 'in-flight'
                """
            ])
    }

    /// A request that failed before it changed anything may be sent again with the same key.
    package func release(_ key: Key) async throws {
        _ = try await database.pipeline(
            .platform,
            [
                """
                DELETE FROM millwright.idempotency_key
                WHERE principal_id = \(key.principal) AND key = \(key.text) AND state = 'in-flight'
                """
            ])
    }

    package func removeExpired() async throws {
        _ = try await database.pipeline(
            .platform,
            [
                """
                DELETE FROM millwright.idempotency_key
                WHERE created_at < now() - make_interval(hours => \(Int32(Self.retentionHours)))
                """,
                "DELETE FROM millwright.portal_session WHERE expires_at < now()",
            ])
    }
}
