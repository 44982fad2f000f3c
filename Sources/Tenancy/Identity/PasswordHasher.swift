import Crypto
import Dispatch
import Primitives

/// Turns a password into what may be stored, and checks one against it.
///
/// The stored form says how it was made, `pbkdf2-sha512$<iterations>$<salt>$<hash>`, so that the cost can be raised
/// later. The work is slow on purpose: it runs on one queue of its own, never on the cooperative pool, and at most
/// `maximumWaiting` callers wait for it.
package final class PasswordHasher: Sendable {
    /// OWASP's figure for PBKDF2-HMAC-SHA512 (Password Storage Cheat Sheet, 2023).
    package static let defaultIterations = 210_000
    private static let maximumIterations = 10_000_000

    private let iterations: Int
    private let queue = DispatchQueue(label: "millwright.password-hashing")
    private let admission: AdmissionLimit

    package init(iterations: Int = PasswordHasher.defaultIterations, maximumWaiting: Int = 64) {
        self.iterations = iterations
        admission = AdmissionLimit(maximumWaiting)
    }

    func digest(of password: Redacted<String>) async throws -> String {
        let salt = randomBytes(16)
        let hash = try await derive(password, salt: salt, iterations: iterations)
        return "pbkdf2-sha512$\(iterations)$\(Base64URL.encode(salt))$\(Base64URL.encode(hash))"
    }

    /// Whether the password is the one that `stored` was made of. `nil`, for an account that is not there, takes the
    /// same time and is never right: the answer must not tell which addresses are known.
    func verify(_ password: Redacted<String>, against stored: String?) async throws -> Bool {
        let parts = (stored ?? "").split(separator: "$").map(String.init)
        guard parts.count == 4, parts[0] == "pbkdf2-sha512", let count = Int(parts[1]),
            (1...Self.maximumIterations).contains(count), let salt = Base64URL.decode(parts[2])
        else {
            _ = try await derive(password, salt: randomBytes(16), iterations: iterations)
            return false
        }
        let hash = try await derive(password, salt: salt, iterations: count)
        return Redacted(Array(parts[3].utf8)).matches(Base64URL.encode(hash).utf8)
    }

    private func derive(_ password: Redacted<String>, salt: [UInt8], iterations: Int) async throws -> [UInt8] {
        try admission.enter()
        defer { admission.leave() }
        return await withCheckedContinuation { continuation in
            queue.async {
                let bytes = Array(password.reveal().utf8)
                continuation.resume(
                    returning: PasswordDerivation.derive(password: bytes, salt: salt, iterations: iterations))
            }
        }
    }
}
