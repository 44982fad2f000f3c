import HTTPTypes
import HummingbirdTesting
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

/// Every operation that takes a body, against bodies that nobody should send. The list of operations is the declaration
/// itself.
@Suite("Bodies that nobody should send", .timeLimit(.minutes(10)))
struct HostileRequestTests {
    private struct Attack: Sendable {
        let name: String
        let bytes: [UInt8]
        var contentType: String?
        let status: Int
        let code: String
    }

    private static func attacks(_ declaration: RequestBodyDeclaration) -> [Attack] {
        func text(_ name: String, _ text: String, _ status: Int, _ code: String) -> Attack {
            Attack(name: name, bytes: Array(text.utf8), status: status, code: code)
        }
        let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
        return [
            text("nothing", "", 400, "invalid-request"),
            text("broken JSON", #"{"a": "#, 400, "invalid-request"),
            text("two documents", "{} {}", 400, "invalid-request"),
            text("a key twice", #"{"a": 1, "a": 2}"#, 400, "invalid-request"),
            text("a number that is none", #"{"a": NaN}"#, 400, "invalid-request"),
            text("depth 10,000", deep, 400, "invalid-request"),
            text("depth 10,000 in objects", String(repeating: #"{"a":"#, count: 10_000), 400, "invalid-request"),
            Attack(
                name: "invalid UTF-8", bytes: Array(#"{"a":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8), status: 400,
                code: "invalid-request"),
            Attack(
                name: "a surrogate in UTF-8", bytes: Array(#"{"a":""#.utf8) + [0xED, 0xA0, 0x80] + Array(#""}"#.utf8),
                status: 400, code: "invalid-request"),
            Attack(name: "UTF-16", bytes: [0xFF, 0xFE, 0x7B, 0, 0x7D, 0], status: 400, code: "invalid-request"),
            text("a text", #""slug""#, 422, "invalid-parameters"),
            text("nothing at all, in JSON", "null", 422, "invalid-parameters"),
            Attack(
                name: "10 MB",
                bytes: Array(#"{"a":""#.utf8) + Array(repeating: 0x78, count: max(10 << 20, declaration.maximumBytes)),
                status: 413,
                code: "payload-too-large"),
            Attack(
                name: "one byte too many", bytes: Array(repeating: 0x20, count: declaration.maximumBytes + 1),
                status: 413, code: "payload-too-large"),
            Attack(
                name: "a form", bytes: Array("{}".utf8), contentType: "application/x-www-form-urlencoded", status: 415,
                code: "unsupported-media-type"),
            Attack(
                name: "text", bytes: Array("{}".utf8), contentType: "text/plain", status: 415,
                code: "unsupported-media-type"),
            Attack(
                name: "no type", bytes: Array("{}".utf8), contentType: "", status: 415, code: "unsupported-media-type"),
        ]
    }

    @Test("every operation refuses them as problem documents with a stable code, and changes nothing")
    func everyOperation() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let admin = try await fixture.tenants.makePrincipal(.platformAdmin, in: .platform)
            let before = try await Snapshot(fixture.tenants.database)
            var tried = 0
            for operation in fixture.surface.table.operations {
                guard let declaration = operation.body else { continue }
                tried += 1
                let path = Paths.of(operation, place)
                var headers: HTTPFields = [.authorization: "Bearer \(admin.key)"]
                if operation.requiresVersion { headers[.ifMatch] = "\"1\"" }
                for attack in Self.attacks(declaration) {
                    headers[.contentType] = attack.contentType ?? declaration.contentTypes[0]
                    let answer = try await client.call(
                        operation.method, path, bytes: attack.bytes, headers: headers)
                    let what = "\(operation.id), \(attack.name): \(answer.body)"
                    #expect(answer.status == attack.status, "\(what)")
                    #expect(answer.body["code"]?.stringValue == attack.code, "\(what)")
                    #expect(answer.body["status"]?.intValue == answer.status, "\(what)")
                    #expect(answer.headers[.contentType] == "application/problem+json", "\(what)")
                    #expect(answer.body["detail"]?.stringValue?.isEmpty == false, "\(what)")
                    #expect(answer.body["instance"]?.stringValue?.isEmpty == false, "\(what)")
                }
            }
            #expect(tried >= 40)
            #expect(try await Snapshot(fixture.tenants.database) == before)
        }
    }

    @Test("every operation with fields of its own names an unknown one, a missing one and a wrong one at once")
    func fields() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let admin = try await fixture.tenants.makePrincipal(.platformAdmin, in: .platform)
            let before = try await Snapshot(fixture.tenants.database)
            for operation in fixture.surface.table.operations {
                guard let schema = operation.body?.schema, schema["additionalProperties"] == false else { continue }
                let required = (schema["required"]?.arrayValue ?? []).compactMap(\.stringValue)
                var body: JSONObject = ["colour": "red"]
                // The first one that is needed stays out, the others are of a type that no field has.
                for name in required.dropFirst() { body[name] = [[[]]] }
                var headers: HTTPFields = [:]
                if operation.requiresVersion { headers[.ifMatch] = "\"1\"" }
                let answer = try await client.call(
                    operation.method, Paths.of(operation, place), key: admin.key, JSONValue.object(body).serialized(),
                    headers: headers)
                #expect(answer.status == 422, "\(operation.id): \(answer.body)")
                let errors = answer.body["errors"]?.arrayValue ?? []
                let places = errors.compactMap { $0["path"]?.stringValue }
                #expect(places.contains("/colour"), "\(operation.id): \(errors)")
                for name in required.dropFirst() where !Self.takesAnything(schema, name) {
                    #expect(places.contains { $0.hasPrefix("/" + name) }, "\(operation.id) \(name): \(errors)")
                }
                if let first = required.first {
                    #expect(
                        errors.contains { $0["message"]?.stringValue?.contains(first) == true },
                        "\(operation.id): \(errors)")
                }
            }
            #expect(try await Snapshot(fixture.tenants.database) == before)
        }
    }

    private static func takesAnything(_ schema: JSONValue, _ name: String) -> Bool {
        schema["properties"]?[name] == true
    }

    @Test(
        "what changes an existing thing needs its ETag, and only its present one",
        arguments: [nil, "\"7\"", "*", "7", "W/\"1\""])
    func preconditions(_ tag: String?) async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let admin = try await fixture.tenants.makePrincipal(.platformAdmin, in: .platform)
            let before = try await Snapshot(fixture.tenants.database)
            var tried = 0
            for operation in fixture.surface.table.operations where operation.requiresVersion {
                tried += 1
                let needed = operation.query.filter(\.isRequired).map { "\($0.name)=x" }.joined(separator: "&")
                let path = Paths.of(operation, place) + (needed.isEmpty ? "" : "?" + needed)
                let body = operation.body == nil ? nil : Self.smallest(operation)
                let answer = try await client.call(
                    operation.method, path, key: admin.key, body, headers: tag.map { [.ifMatch: $0] } ?? [:])
                let isThere = Set(operation.pathParameters).isSubset(of: ["partner", "client", "plant"])
                let expected = tag == nil ? 428 : tag == "\"7\"" && !isThere ? 404 : 412
                #expect(answer.status == expected, "\(operation.id) with \(tag ?? "none"): \(answer.body)")
                let code = answer.body["code"]
                #expect(
                    code
                        == (expected == 428
                            ? "precondition-required" : expected == 412 ? "precondition-failed" : "not-found"))
            }
            #expect(tried >= 10)
            #expect(try await Snapshot(fixture.tenants.database) == before)
        }
    }

    /// The least that the schema takes.
    private static func smallest(_ operation: Operation) -> String {
        switch operation.id {
        case let id where id.hasSuffix("ReplaceBrand"): #"{"fields":{}}"#
        case "replaceConnection":
            (["name": "x", "connector": Examples.connector, "configuration": ["baseAddress": "http://127.0.0.1:9"]]
                as JSONValue).serialized()
        default: "{}"
        }
    }

    @Test("an operation that takes too long is ended with a problem document")
    func timeLimit() async throws {
        var endless = Operation(
            id: "endless", method: .get, path: "/v1/endless", summary: "Never ends.", tag: "Test", access: .open,
            success: .init(.ok, "Never."), timeoutSeconds: 1
        ) { _ in
            try await Task.sleep(for: .seconds(3600))
            return .noContent
        }
        endless.timeoutSeconds = 1
        try await WebFixture.with(further: [endless]) { fixture, client in
            let answer = try await client.call(.get, "/v1/endless")
            #expect(answer.status == 504)
            #expect(answer.body["code"] == "timeout")
            for operation in fixture.surface.table.operations where operation.id != "sendEvents" {
                #expect(operation.timeoutSeconds.map { $0 > 0 && $0 < IdempotencyStore.lockSeconds } == true)
            }
        }
    }
}
