import Foundation
import Subprocess
import SystemPackage
import Testing

/// The two public services that the conformance kit's scenarios call, as one small server on loopback that speaks TLS in
/// their names: a pet store with its OpenAPI document, and a page behind basic authentication.
struct ScenarioServices: Sendable {
    static let hosts = ["petstore.swagger.io", "httpbin.org"]

    let port: Int
    let authorities: String

    /// What makes the program find them.
    var arguments: [String] {
        ["--authorities", authorities]
            + Self.hosts.flatMap { ["--connect-to", "\($0):443:127.0.0.1:\(port)"] }
    }

    static func whileServed(_ body: @escaping @Sendable (ScenarioServices) async throws -> Void) async throws {
        let folder = "/tmp/millwright-services-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await makeCertificate(in: folder)
        let script = folder + "/services.py"
        try Self.program.write(toFile: script, atomically: true, encoding: .utf8)
        let python = ProcessInfo.processInfo.environment["MILLWRIGHT_TEST_PYTHON"] ?? "/usr/bin/python3"
        _ = try await Subprocess.run(
            .path(FilePath(python)), arguments: [script, folder + "/certificate.pem", folder + "/key.pem"],
            input: .inputWriter, output: .sequence, error: .discarded
        ) { execution in
            for try await line in execution.standardOutput.strings() {
                let port = try #require(Int(line.filter(\.isNumber)))
                do {
                    try await body(ScenarioServices(port: port, authorities: folder + "/certificate.pem"))
                } catch {
                    Issue.record(error)
                }
                // It ends when its input does.
                try await execution.standardInputWriter.finish()
            }
        }
    }

    private static func makeCertificate(in folder: String) async throws {
        let result = try await Subprocess.run(
            .name("openssl"),
            arguments: [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                "/CN=scenario services", "-addext",
                "subjectAltName=" + hosts.map { "DNS:\($0)" }.joined(separator: ","),
                "-keyout", folder + "/key.pem", "-out", folder + "/certificate.pem",
            ], output: .discarded, error: .string(limit: 1 << 16))
        try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
    }

    /// Pets 1 (available) and 2 (sold); everything else is not found, with a problem as the store tells it.
    private static let program = """
        import base64, http.server, json, ssl, sys, threading, urllib.parse

        PETS = {1: {"id": 1, "name": "milou", "status": "available"}, 2: {"id": 2, "name": "idefix", "status": "sold"}}
        OPERATIONS = {
            "/pet/findByStatus": {"get": {"operationId": "findPetsByStatus", "produces": ["application/json"],
                "parameters": [{"name": "status", "in": "query", "required": True, "type": "array",
                                "items": {"type": "string"}, "collectionFormat": "multi"}]}},
            "/pet/{petId}": {"get": {"operationId": "getPetById", "produces": ["application/json"],
                "parameters": [{"name": "petId", "in": "path", "required": True, "type": "integer"}]}},
        }
        DOCUMENT = {"swagger": "2.0", "info": {"title": "Pet store", "version": "1"}, "host": "petstore.swagger.io",
                    "basePath": "/v2", "schemes": ["https"], "paths": OPERATIONS}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                place = urllib.parse.urlsplit(self.path)
                status, body = self.answer(self.headers["Host"], place.path, urllib.parse.parse_qs(place.query))
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def answer(self, host, path, query):
                parts = path.strip("/").split("/")
                if host == "httpbin.org" and parts[0] == "basic-auth" and len(parts) == 3:
                    expected = "Basic " + base64.b64encode(":".join(parts[1:]).encode()).decode()
                    given = self.headers["Authorization"]
                    return (200, {"authenticated": True, "user": parts[1]}) if given == expected else (401, {})
                if host == "petstore.swagger.io" and path == "/v2/swagger.json":
                    return 200, DOCUMENT
                if host == "petstore.swagger.io" and path == "/v2/pet/findByStatus":
                    return 200, [pet for pet in PETS.values() if pet["status"] in query.get("status", [])]
                if host == "petstore.swagger.io" and path.startswith("/v2/pet/") and parts[2].isdigit():
                    pet = PETS.get(int(parts[2]))
                    return (200, pet) if pet and len(parts) == 3 else (404, {"message": "Pet not found"})
                return 404, {"message": "not found"}

            def log_message(self, *arguments):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()
        """
}
