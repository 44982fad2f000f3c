import Foundation
import TestSupport

/// A certificate for `localhost` that is its own authority, made once for this test run.
final class TestCertificate: Sendable {
    private let directory: TemporaryDirectory
    let certificatePath: String
    let keyPath: String
    let pem: String

    // One task for all tests that want it; it ends when the certificate is made.
    private static let made = Task { try await TestCertificate() }

    static func shared() async throws -> TestCertificate { try await made.value }

    private init() async throws {
        directory = try TemporaryDirectory()
        certificatePath = directory.path("cert.pem")
        keyPath = directory.path("key.pem")
        _ = try await Subprocess.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", keyPath, "-out",
                certificatePath,
            ])
        pem = try String(contentsOfFile: certificatePath, encoding: .utf8)
    }
}
