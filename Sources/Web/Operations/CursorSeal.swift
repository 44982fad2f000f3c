package import Crypto
import JSON
import Primitives
import Tenancy

/// Lets a list's cursor come back only as it was given: unchanged, to the same list of the same tenant.
///
/// A cursor names the last row that its reader has. A foreign one could not show foreign rows, but it would silently
/// leave out rows that are there; so it is refused.
package struct CursorSeal: Sendable {
    private static let tagBytes = 16

    private let key: SymmetricKey

    package init(key: SymmetricKey) { self.key = key }

    /// - Parameter row: what the list itself says, a row's identifier.
    func seal(_ row: String, of list: String) -> String {
        guard let id = UUIDv7(row) else { return row }
        let bytes = id.bytes
        return Base64URL.encode(bytes + tag(bytes, list))
    }

    /// A page with its cursor sealed.
    func sealing(_ reply: Reply, of list: String) -> Reply {
        guard case .json(var body) = reply.body, let next = body["next"]?.stringValue else { return reply }
        body.set("next", .string(seal(next, of: list)))
        var reply = reply
        reply.body = .json(body)
        return reply
    }

    /// - Throws: `Problem(.invalidParameters)` for what this list never gave.
    func open(_ cursor: String, of list: String) throws(Problem) -> String {
        let bytes = Base64URL.decode(cursor) ?? []
        let id = Array(bytes.prefix(16))
        guard bytes.count == 16 + Self.tagBytes, Redacted(tag(id, list)).matches(bytes.suffix(Self.tagBytes)) else {
            throw Problem(
                .invalidParameters, "The page cannot be read.",
                items: [
                    .init(path: "?cursor", message: "Is not a cursor of this list. Leave it out to start over.")
                ])
        }
        return id.withUnsafeBytes { UUIDv7(bytes: $0) }.description
    }

    /// A text that is no row's identifier (a position of a timeline), as it may come back: `<text>;<tag>`.
    func seal(text: String, of list: String) -> String {
        text + ";" + Base64URL.encode(tag(Array(text.utf8), list))
    }

    /// `nil` for what this list never gave.
    func open(text sealed: String, of list: String) -> String? {
        guard let end = sealed.lastIndex(of: ";") else { return nil }
        let text = sealed[..<end]
        let found = Base64URL.decode(String(sealed[sealed.index(after: end)...])) ?? []
        guard found.count == Self.tagBytes, Redacted(tag(Array(text.utf8), list)).matches(found[...]) else {
            return nil
        }
        return String(text)
    }

    private func tag(_ bytes: [UInt8], _ list: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes + Array(list.utf8), using: key).prefix(Self.tagBytes))
    }
}
