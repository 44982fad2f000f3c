import Connectors
import Foundation
import NIOCore
import TestSupport
import Testing

@Suite("TLS of calls", .timeLimit(.minutes(10)))
struct TLSTests {
    @Test("a trusted certificate for the host is needed, and is enough")
    func verification() async throws {
        let certificate = try await TestCertificate.shared()
        let python = ProcessInfo.processInfo.environment["MILLWRIGHT_TEST_PYTHON"] ?? "python3"
        let server = try Subprocess(
            python, ["-u", "-c", Self.script, certificate.certificatePath, certificate.keyPath])
        let first = try #require(await server.line())
        let port = try #require(Int(first), "\(first)")
        let policy = EgressPolicy(
            rules: ["localhost", "other.example"].map {
                .init(pattern: HostPattern($0)!, port: port, allowsPrivate: true)
            }, within: .loopback)
        let dialer = directDialer(
            policy, resolver: NamedResolver(["localhost": ["127.0.0.1"], "other.example": ["127.0.0.1"]]))
        let client = OutboundClient(dialer: dialer)
        func call(_ host: String, _ tls: OutboundClient.TLSSettings) async throws -> Int {
            let request = try OutboundRequest(
                method: "POST", address: WebAddress("https://\(host):\(port)/"), body: [1, 2])
            return try await client.send(request, limits: quick, tls: tls).status
        }
        func failure(_ host: String, _ tls: OutboundClient.TLSSettings) async -> OutboundFailure? {
            do {
                _ = try await call(host, tls)
                return nil
            } catch {
                return error as? OutboundFailure
            }
        }
        let trusting = OutboundClient.TLSSettings(authorities: certificate.pem)
        for _ in 0..<3 { #expect(try await call("localhost", trusting) == 200) }
        // Nothing was sent: the other side is not who it says it is.
        let untrusted = await failure("localhost", .init())
        #expect(untrusted == OutboundFailure(.tls("the certificate is not trusted"), wasSent: false))
        let mismatched = await failure("other.example", trusting)
        guard case .tls = mismatched?.kind else {
            Issue.record("\(mismatched as Any)")
            return
        }
        #expect(mismatched?.wasSent == false)
        let named = OutboundClient.TLSSettings(authorities: certificate.pem, serverName: HostName("localhost"))
        #expect(try await call("other.example", named) == 200)
        // A connection that trusts an authority is not lent to a call that does not.
        #expect(await failure("localhost", .init())?.wasSent == false)
        client.close()
    }

    private static let script = """
        import http.server, os, ssl, sys, threading
        # Whoever started this is gone when the input ends.
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            def do_POST(self):
                self.rfile.read(int(self.headers['Content-Length']))
                self.send_response(200); self.send_header('Content-Length', '2'); self.end_headers(); self.wfile.write(b'ok')
            def log_message(self, *a): pass
        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *a): pass
        server = Server(('127.0.0.1', 0), Handler)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        print(server.server_port)
        server.serve_forever()
        """
}
