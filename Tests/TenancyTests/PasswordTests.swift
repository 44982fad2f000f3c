import Tenancy
import Testing

@Suite struct PasswordTests {
    /// PBKDF2-HMAC-SHA-512 of `password` with the salt `salt`, as published with many implementations.
    @Test(
        "a derived key is what other implementations derive",
        arguments: [
            (
                1,
                "867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252"
                    + "c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce"
            ),
            (
                2,
                "e1d9c16aa681708a45f5c7c4e215ceb66e011a2e9f0040713f18aefdb866d53c"
                    + "f76cab2868a39b9f7840edce4fef5a82be67335c77a6068e04112754f27ccf4e"
            ),
        ])
    func vectors(iterations: Int, hexadecimal: String) {
        let key = PasswordDerivation.derive(
            password: Array("password".utf8), salt: Array("salt".utf8), iterations: iterations)
        #expect(key.map { String(0x100 + Int($0), radix: 16).dropFirst() }.joined() == hexadecimal)
    }

    @Test("base64url has one form for the bytes, and refuses every other")
    func base64url() {
        #expect(Base64URL.encode([]) == "")
        #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
        #expect(Base64URL.decode("-_8") == [0xFB, 0xFF])
        for wrong in ["-_9", "-_8=", "+/8", "A", "-_8 "] { #expect(Base64URL.decode(wrong) == nil, "\(wrong)") }
    }
}
