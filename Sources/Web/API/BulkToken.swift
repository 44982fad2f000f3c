package import Crypto
package import Execution
package import JSON
package import Primitives
import Tenancy

/// What a dry run gives, and the real one must bring: it names this action on these runs of this plant, ends, and is used once.
package struct BulkToken: Sendable {
    package static let lifetimeSeconds: Double = 900

    let key: SymmetricKey

    package init(key: SymmetricKey) { self.key = key }

    package struct DryRun: Sendable {
        let id: UUIDv7
        /// Those that are meant stand before this one.
        let before: RunID
        package let count: Int
    }

    package func seal(_ what: JSONValue, _ preview: BulkPreview, in scope: TenantScope, at now: Timestamp) -> String {
        let payload: JSONValue = [
            "what": .string(Self.digest(what)), "before": .string(preview.before.description),
            "count": JSONValue(preview.count), "id": .string(UUIDv7().description),
            "until": JSONValue(Int(now.adding(seconds: Self.lifetimeSeconds).unixMicroseconds)),
        ]
        let bytes = payload.serializedBytes()
        return Base64URL.encode(bytes) + "." + Base64URL.encode(tag(bytes, scope))
    }

    /// - Throws: `.preconditionFailed` for a token of something else, or one that has ended.
    package func open(_ token: String, of what: JSONValue, in scope: TenantScope, at now: Timestamp) throws(Problem)
        -> DryRun
    {
        let refused = Problem(
            .preconditionFailed,
            "The token is not of a dry run of this action on this filter, or it is older than 15 minutes. Do the dry run again."
        )
        let parts = token.split(separator: ".").map(String.init)
        guard parts.count == 2, let bytes = Base64URL.decode(parts[0]), let mark = Base64URL.decode(parts[1]),
            Redacted(tag(bytes, scope)).matches(mark[...]), let payload = try? JSONValue(parsing: bytes),
            payload["what"]?.stringValue == Self.digest(what), let until = payload["until"]?.intValue,
            Timestamp(unixMicroseconds: Int64(until)) > now,
            let before = payload["before"]?.stringValue.flatMap({ RunID($0) }), let count = payload["count"]?.intValue,
            let id = payload["id"]?.stringValue.flatMap({ UUIDv7($0) })
        else { throw refused }
        return DryRun(id: id, before: before, count: count)
    }

    private static func digest(_ what: JSONValue) -> String {
        Base64URL.encode(Array(SHA256.hash(data: what.serializedBytes())))
    }

    private func tag(_ bytes: [UInt8], _ scope: TenantScope) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes + Array("\(scope)".utf8), using: key))
    }
}
