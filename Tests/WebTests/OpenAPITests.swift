import Foundation
import HTTPTypes
import HummingbirdTesting
import JSON
import Subprocess
import SystemPackage
import Testing
import Web

@Suite("The OpenAPI document", .timeLimit(.minutes(10)))
struct OpenAPITests {
    @Test("it is valid OpenAPI 3.1, as the public validator says")
    func valid() async throws {
        try await WebFixture.with { _, client in
            let document = try await client.call(.get, "/openapi.json").body
            let report = try await Self.validate(document)
            #expect(report == "valid", "\(report)")
            // The validator is there and at work.
            var broken = document
            broken.set("paths", ["/x/{id}": ["get": ["operationId": "x", "responses": [:]]]])
            #expect(try await Self.validate(broken) != "valid")
        }
    }

    @Test("every operation says what refuses it, what it takes and what it answers, and nothing else is served")
    func complete() async throws {
        try await WebFixture.with { fixture, client in
            let document = try await client.call(.get, "/openapi.json").body
            var described = 0
            for (_, item) in document["paths"]?.objectValue ?? [:] { described += item.objectValue?.count ?? 0 }
            #expect(described == fixture.surface.table.operations.count)
            for operation in fixture.surface.table.operations {
                let item = document["paths"]?[operation.path]?[operation.method.rawValue.lowercased()]
                let parameters = item?["parameters"]?.arrayValue ?? []
                let names = Set(parameters.compactMap { $0["name"]?.stringValue })
                #expect(names.isSuperset(of: operation.pathParameters + operation.query.map(\.name)))
                #expect(names.contains("If-Match") == operation.requiresVersion)
                #expect((item?["requestBody"] != nil) == (operation.body != nil), "\(operation.id)")
                #expect(item?["responses"]?["default"] != nil)
                #expect(item?["responses"]?[String(operation.success.status.code)] != nil)
            }
            let codes = document["components"]?["schemas"]?["Problem"]?["properties"]?["code"]?["enum"]?.arrayValue
            #expect((codes?.count ?? 0) > 20)
        }
    }

    /// `valid`, or what is wrong.
    private static func validate(_ document: JSONValue) async throws -> String {
        let path = "/tmp/mwt-openapi-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(document.serializedBytes()).write(to: URL(filePath: path))
        let script = """
            import json, sys
            from openapi_spec_validator import OpenAPIV31SpecValidator
            errors = list(OpenAPIV31SpecValidator(json.load(open(sys.argv[1]))).iter_errors())
            print("\\n".join(f"{list(e.absolute_path)}: {e.message[:300]}" for e in errors[:20]) or "valid")
            """
        let result = try await Subprocess.run(
            .path(FilePath(try python)), arguments: ["-c", script, path], output: .string(limit: 1 << 16),
            error: .string(limit: 1 << 16))
        guard result.terminationStatus.isSuccess else { return "the validator failed: \(result.standardError)" }
        return result.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The Python that `./millwright test` prepares.
    private static var python: String {
        get throws {
            var root = URL(filePath: #filePath)
            for _ in 0..<3 { root.deleteLastPathComponent() }
            let prepared = root.path + "/.build/test-python/bin/python3"
            return try #require(
                FileManager.default.isExecutableFile(atPath: prepared) ? prepared : nil,
                "\(prepared) is missing: run ./millwright test, which prepares it")
        }
    }
}
