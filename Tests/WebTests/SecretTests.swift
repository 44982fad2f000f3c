import Crypto
import Database
import HTTPTypes
import HummingbirdTesting
import JSON
import Logging
import Primitives
import RunnerProtocol
import Synchronization
import Tenancy
import TestSupport
import Testing
import Vault
import Web

@Suite("Secrets stay where they were put", .timeLimit(.minutes(10)))
struct SecretTests {
    @Test("a credential's value is in no answer, audit entry, log line, record of a repeated request or row")
    func credentialValue() async throws {
        let log = LogLines()
        let broken = Operation(
            id: "broken", method: .get, path: "/v1/broken", summary: "Fails.", tag: "Test", access: .authenticated,
            success: .init(.ok, "Never.")
        ) { _ in throw UnmappedError() }
        try await WebFixture.with(further: [broken], logger: log.logger) { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let admin = try await fixture.tenants.makePrincipal(.clientAdmin, in: place.client)
            let path = "/v1/plants/\(place.plantID)/credentials"
            var seen = Seen()
            let first = "erster-Wert-9f3b2c"
            let second = "zweiter-Wert-77aa10"
            func post(_ path: String, _ body: JSONValue, _ key: String) async throws -> JSONValue {
                let headers: HTTPFields = [HTTPField.Name("Idempotency-Key")!: key]
                var last: JSONValue = .null
                for _ in 0..<2 {
                    let answer = try await client.call(
                        .post, path, key: admin.key, body.serialized(), headers: headers)
                    seen.add(answer)
                    last = answer.body
                }
                return last
            }
            let value: JSONValue = ["username": "millwright", "password": .string(first)]
            let made = try await post(path, ["name": "cmms", "kind": "basic", "value": value], "k1")
            let id = try #require(made["id"]?.stringValue, "\(made)")
            _ = try await post("\(path)/\(id)/rotate", ["value": .string(second)], "k2")
            // Requests that fail carry it as well: a name that is taken, a value of the wrong type, broken JSON.
            _ = try await post(path, ["name": "cmms", "kind": "basic", "value": .string(first)], "k3")
            _ = try await post(path, ["name": "x", "kind": "basic", "value": [.string(first)]], "k4")
            _ = try await post(path, ["name": "", "kind": "Not A Word", "value": .string(second)], "k5")
            _ = try await post(
                path, ["name": "x", "kind": "basic", "value": .string(first), "note": .string(second)], "k6")
            seen.add(try await client.call(.post, path, key: admin.key, "{\"value\": \"\(first)"))
            seen.add(try await client.call(.post, path + "?value=\(first)", key: admin.key, "{}"))
            // It is used: sealed to a runner, which alone can open it.
            let opener = CredentialOpener()
            let credential = try #require(CredentialID(id))
            _ = try await fixture.vault.seal(.init(credential, towards: []), for: place.scope, to: opener.publicKey)
            for operation in fixture.surface.table.operations where operation.method == .get {
                let path = Paths.of(operation, place).replacing("{credential}", with: id)
                seen.add(try await client.call(.get, path, key: admin.key))
            }
            seen.add(try await client.call(.get, "\(path)/\(id)", key: admin.key))
            seen.add(try await client.call(.delete, "\(path)/\(id)", key: admin.key))
            seen.add(try await client.call(.get, "/v1/clients/\(place.clientID)/audit", key: admin.key))
            // The search itself finds what is there.
            #expect(seen.holds("cmms") && seen.holds(id))
            #expect(!(try await SuperuserSession.tables(holding: "cmms", on: fixture.tenants.database)).isEmpty)
            _ = try await client.call(.get, "/v1/broken", key: admin.key)
            #expect(log.holds("unexpected error"))
            for secret in [first, second] {
                for form in Self.forms(of: secret) {
                    #expect(!seen.holds(form), "\(form) was in an answer")
                    #expect(!log.holds(form), "\(form) was in the log")
                    let tables = try await SuperuserSession.tables(holding: form, on: fixture.tenants.database)
                    #expect(tables.isEmpty, "\(form) is in \(tables)")
                }
            }
        }
    }

    @Test("an API key and a password are in no second answer, audit entry, log line or row")
    func issuedSecrets() async throws {
        let log = LogLines()
        try await WebFixture.with(logger: log.logger) { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let admin = try await fixture.tenants.makePrincipal(.clientAdmin, in: place.client)
            let people = "/v1/clients/\(place.clientID)/principals"
            let password = "ein sehr langes Passwort 4711"
            var seen = Seen()
            let headers: HTTPFields = [HTTPField.Name("Idempotency-Key")!: "k"]
            let person: JSONValue = [
                "kind": "user", "displayName": "Ada", "email": "ada@example.com", "password": .string(password),
            ]
            let made = try await client.call(.post, people, key: admin.key, person.serialized(), headers: headers)
            seen.add(made)
            let id = try #require(made.body["id"]?.stringValue, "\(made.body)")
            seen.add(
                try await client.call(
                    .post, "\(people)/\(id)/password", key: admin.key,
                    (["password": .string(password + "!")] as JSONValue).serialized()))
            let keyHeaders: HTTPFields = [HTTPField.Name("Idempotency-Key")!: "k2"]
            let path = "\(people)/\(id)/api-keys"
            let issued = try await client.call(.post, path, key: admin.key, #"{"name":"n"}"#, headers: keyHeaders)
            let token = try #require(issued.body["token"]?.stringValue)
            #expect(try await client.call(.get, "/v1/me", key: token).status == 200)
            seen.add(try await client.call(.post, path, key: admin.key, #"{"name":"n"}"#, headers: keyHeaders))
            seen.add(try await client.call(.get, path, key: admin.key))
            seen.add(try await client.call(.get, people, key: admin.key))
            seen.add(try await client.call(.get, "/v1/clients/\(place.clientID)/audit", key: admin.key))
            // A wrong key is an error that must not repeat it.
            seen.add(try await client.call(.get, "/v1/me", key: token + "x"))
            for secret in [password, token, String(token.suffix(43))] {
                // Of a key's 256 random bits a digest tells nothing; it is how the key is recognised.
                for form in Self.forms(of: secret, withDigest: secret == password) {
                    #expect(!seen.holds(form))
                    #expect(!log.holds(form))
                    let tables = try await SuperuserSession.tables(holding: form, on: fixture.tenants.database)
                    #expect(tables.isEmpty, "\(tables)")
                }
            }
        }
    }

    /// As it is, in base64 at any offset, and its plain digest, from which a short secret could be guessed.
    private static func forms(of secret: String, withDigest: Bool = true) -> [String] {
        let bytes = Array(secret.utf8)
        let base64 = (0..<3).map { offset in
            // The first and the last characters depend on what stands beside it.
            String(Base64URL.encode(Array(repeating: 0, count: offset) + bytes).dropFirst(4).dropLast(4))
        }
        let digest = SHA256.hash(data: bytes).map { byte in
            byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16)
        }.joined()
        return [secret] + (withDigest ? [digest] : []) + base64
    }
}

private struct UnmappedError: Error {}

/// Everything that a client was shown.
private struct Seen {
    private var text = ""

    mutating func add(_ answer: (status: Int, body: JSONValue, headers: HTTPFields)) {
        text += answer.body.serialized() + answer.headers.map { "\($0.name): \($0.value)" }.joined() + "\n"
    }

    func holds(_ word: String) -> Bool { text.contains(word) }
}

/// Everything that was logged, at every level.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    func holds(_ word: String) -> Bool { lines.withLock { $0.contains { $0.contains(word) } } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }

    var logger: Logger { Logger(label: "millwright") { _ in Handler(lines: self) } }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.add("\(event.message) \(metadata) \(event.metadata ?? [:])")
        }
    }
}
