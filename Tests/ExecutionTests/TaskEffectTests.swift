import Connectors
import Crypto
import Foundation
import JSON
import NIOPosix
import Primitives
import RunnerCore
import RunnerProtocol
import TestSupport
import Testing
import Workflow

@Suite("a runner's HTTP tasks", .timeLimit(.minutes(10)))
struct TaskEffectTests {
    private let plant = PlantID()
    private let run = RunID()

    private func effects(
        _ port: Int, _ credentials: [String: String], sealedTo other: PlantID? = nil, isBound: Bool = false
    ) throws -> ConnectorEffects {
        let opener = CredentialOpener()
        let policy = EgressPolicy(
            rules: [.init(pattern: try #require(HostPattern("127.0.0.1")), port: port, allowsPrivate: true)],
            within: .loopback)
        let group = MultiThreadedEventLoopGroup.singleton
        let dialer = DirectDialer(policy: { policy }, resolver: SystemResolver(), group: group)
        let effects = ConnectorEffects(opener: opener, dialer: dialer, loop: group.any(), plantID: nil)
        var envelopes: [ConnectionEnvelope] = []
        for (name, credential) in credentials {
            envelopes.append(
                ConnectionEnvelope(
                    id: ConnectionID(), name: name, connector: [:], configuration: [:],
                    credential: try seal(credential, to: opener.publicKey, for: other ?? plant),
                    isCredentialBound: isBound))
        }
        effects.adopt(PlantSettings(revision: 1, connections: envelopes, maximumRunsInHand: 1, maximumEffects: 1))
        return effects
    }

    private func seal(_ text: String, to key: [UInt8], for plant: PlantID) throws -> SealedCredential {
        let id = CredentialID()
        var sender = try HPKE.Sender(
            recipientKey: Curve25519.KeyAgreement.PublicKey(rawRepresentation: key),
            ciphersuite: CredentialSealing.ciphersuite,
            info: Data(CredentialSealing.info(plant: plant, credential: id, version: 1)))
        let ciphertext = try sender.seal(Data(text.utf8))
        return SealedCredential(
            credentialID: id, version: 1, encapsulatedKey: Array(sender.encapsulatedKey), ciphertext: Array(ciphertext))
    }

    private func effect(_ function: String, _ arguments: JSONValue) throws -> Effect {
        var envelope = TestWorkflow.calling.envelope
        envelope.document.set("use", ["secrets": ["erp", "key", "gone"]])
        envelope.facts.set("plant", ["id": .string(plant.description)])
        return Effect(
            id: .init(runID: run, waitID: "w"), request: CallRequest(function: function, arguments: arguments),
            program: try Program(envelope), idempotencyKey: "key")
    }

    @Test("a secret is the credential of the connection of that name, in markers and in policies, whole and by member")
    func secrets() async throws {
        let server = try PythonServer()
        let port = try await server.port()
        let effects = try effects(port, ["erp": #"{"username":"anna","password":"pa55w0rd"}"#, "key": "t0ken-text\n"])
        func marker(_ name: String, _ member: String? = nil) -> JSONValue {
            .string(SecretMarker(runID: run.description, name: name, member: member).text)
        }
        for (authentication, digest) in [
            (["basic": ["use": "erp"]], "Basic YW5uYTpwYTU1dzByZA=="),
            (
                ["basic": ["username": marker("erp", "username"), "password": marker("erp", "password")]],
                "Basic YW5uYTpwYTU1dzByZA=="
            ),
            (["bearer": ["use": "key"]], "Bearer t0ken-text"),
            (["bearer": ["token": marker("key")]], "Bearer t0ken-text"),
        ] as [(JSONValue, String)] {
            let result = await effects.perform(
                try effect(
                    "http",
                    [
                        "method": "get",
                        "endpoint": ["uri": .string("http://127.0.0.1:\(port)/x"), "authentication": authentication],
                    ]))
            // The server answers with the length, because what it is said must not come back.
            #expect(result.value == ["length": JSONValue(digest.utf8.count)], "\(authentication)")
        }
        let unknown = await effects.perform(
            try effect(
                "http", ["method": "get", "endpoint": .string("http://127.0.0.1:\(port)/"), "body": marker("gone")]))
        #expect(
            unknown.error?.type.hasSuffix("/authorization") == true && unknown.error?.detail?.contains("gone") == true)
    }

    @Test("a connection that the definition does not declare as a secret is none, whoever writes a marker of it")
    func undeclared() async throws {
        let effects = try effects(1, ["other": "t0ken-text"])
        let marker = SecretMarker(runID: run.description, name: "other").text
        let arguments: JSONValue = ["method": "post", "endpoint": "http://127.0.0.1:1/", "body": .string(marker)]
        let result = await effects.perform(try effect("http", arguments))
        #expect(
            result.error?.type.hasSuffix("/authorization") == true && result.error?.detail?.contains("other") == true)
    }

    @Test("a credential that goes to its connection's hosts alone is no secret of a workflow")
    func bound() async throws {
        let effects = try effects(1, ["erp": "t0ken-text"], isBound: true)
        let marker = SecretMarker(runID: run.description, name: "erp").text
        let arguments: JSONValue = ["method": "post", "endpoint": "http://127.0.0.1:1/", "body": .string(marker)]
        let result = await effects.perform(try effect("http", arguments))
        #expect(
            result.error?.type.hasSuffix("/authorization") == true && result.error?.detail?.contains("erp") == true)
    }

    @Test("a credential that was sealed to another plant is no secret of this one")
    func otherPlant() async throws {
        let effects = try effects(1, ["erp": "text"], sealedTo: PlantID())
        let result = await effects.perform(
            try effect(
                "http",
                [
                    "method": "get",
                    "endpoint": ["uri": "http://127.0.0.1:1/", "authentication": ["bearer": ["use": "erp"]]],
                ]))
        #expect(result.error?.type.hasSuffix("/authorization") == true)
    }

    @Test("an OpenAPI call is performed, and errors are those of the specification")
    func openAPI() async throws {
        let server = try PythonServer()
        let port = try await server.port()
        let effects = try effects(port, [:])
        func call(_ operation: String, _ path: String = "/api.json") async throws -> EffectResult {
            await effects.perform(
                try effect(
                    "openapi",
                    [
                        "document": ["endpoint": .string("http://127.0.0.1:\(port)\(path)")],
                        "operationId": .string(operation),
                    ]))
        }
        #expect(try await call("read").value == ["length": 0])
        #expect(try await call("reed").error?.detail?.contains("did you mean `read`?") == true)
        let gone = try await call("read", "/gone")
        #expect(gone.error?.type.hasSuffix("/communication") == true && gone.error?.status == 404)
    }
}

extension EffectResult {
    fileprivate var value: JSONValue? { if case .succeeded(let value) = self { value } else { nil } }
    fileprivate var error: WorkflowError? { if case .failed(let error) = self { error } else { nil } }
}

/// A server that says how long the `Authorization` header is, and describes itself.
private final class PythonServer: Sendable {
    private let process: Subprocess

    init() throws {
        let python = ProcessInfo.processInfo.environment["MILLWRIGHT_TEST_PYTHON"] ?? "python3"
        process = try Subprocess(python, ["-u", "-c", Self.script])
    }

    func port() async throws -> Int {
        let line = try #require(await process.line())
        return try #require(Int(line))
    }

    private static let script = """
        import http.server, json, os, sys, threading
        # Whoever started this is gone when the input ends.
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            def do_GET(self):
                answer = {'length': len(self.headers.get('Authorization', ''))}
                if self.path == '/api.json':
                    answer = {'openapi': '3.0.0', 'paths': {'/x': {'get': {'operationId': 'read'}}}}
                body = json.dumps(answer).encode()
                self.send_response(404 if self.path == '/gone' else 200)
                self.send_header('Content-Type', 'application/json')
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *arguments): pass
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        print(server.server_address[1])
        server.serve_forever()
        """
}
