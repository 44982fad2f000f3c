import Foundation
import Glibc
import Testing
import Vault

@Suite struct MasterKeyTests {
    private static let hexadecimal = String(repeating: "0f", count: 32)
    private static let base64 = "Dw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8="

    /// A file of its own, gone afterwards.
    private func withFile(_ text: String, mode: mode_t, _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.path + "/master-key-\(UUID().uuidString)"
        defer { unlink(path) }
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        chmod(path, mode)
        try body(path)
    }

    @Test(
        "a file that anybody else can read is refused, and the reason says what to do",
        arguments: [0o644, 0o640, 0o604, 0o660] as [mode_t])
    func openFile(mode: mode_t) throws {
        try withFile(Self.hexadecimal, mode: mode) { path in
            let error = #expect(throws: VaultError.self) { try MasterKeySource.file(path).load() }
            #expect("\(error.map(\.description) ?? "")".contains("chmod 600"))
        }
    }

    @Test("a file that is missing, a link, a folder, empty or no key is refused without telling what is in it")
    func badFiles() throws {
        #expect(throws: VaultError.self) { try MasterKeySource.file("/nonexistent/master.key").load() }
        #expect(throws: VaultError.self) { try MasterKeySource.file("/tmp").load() }
        try withFile("", mode: 0o600) { path in
            #expect(throws: VaultError.self) { try MasterKeySource.file(path).load() }
        }
        try withFile("hunter2-hunter2", mode: 0o600) { path in
            let error = #expect(throws: VaultError.self) { try MasterKeySource.file(path).load() }
            #expect(error?.description.contains("hunter2") == false)
            let link = path + "-link"
            defer { unlink(link) }
            symlink(path, link)
            #expect(throws: VaultError.self) { try MasterKeySource.file(link).load() }
        }
    }

    @Test("the same key in hexadecimal, base64 and base64url is the same key")
    func forms() throws {
        let keys = try [
            Self.hexadecimal, Self.base64, String(Self.base64.dropLast()), Self.hexadecimal.uppercased() + "\n",
        ]
        .map { try MasterKey(text: $0) }
        #expect(Set(keys.map(\.fingerprint)).count == 1)
        #expect(try MasterKey(text: String(repeating: "1f", count: 32)).fingerprint != keys[0].fingerprint)
    }

    @Test("a key of another length is refused", arguments: ["", "0f", "Dw8=", String(repeating: "0f", count: 33)])
    func otherLengths(text: String) {
        #expect(throws: VaultError.self) { try MasterKey(text: text) }
    }

    @Test("a made file is private, is not overwritten, and reads as the key that was made")
    func making() throws {
        let path = FileManager.default.temporaryDirectory.path + "/master-key-\(UUID().uuidString)"
        defer { unlink(path) }
        let made = try MasterKeyFile.create(path)
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(try MasterKeySource.file(path).load().fingerprint == made.fingerprint)
        #expect(throws: VaultError.self) { try MasterKeyFile.create(path) }
    }

    @Test("a variable that is not set is refused; one that is set is taken and removed from the environment")
    func environment() throws {
        let name = "MILLWRIGHT_TEST_MASTER_KEY_\(UInt32.random(in: 0 ... .max))"
        #expect(throws: VaultError.self) { try MasterKeySource.environment(name).load() }
        setenv(name, Self.base64, 1)
        #expect(try MasterKeySource.environment(name).load().fingerprint == MasterKey(text: Self.base64).fingerprint)
        #expect(getenv(name) == nil)
    }

    @Test("a command that is missing, fails or prints something else is refused; one that prints the key is taken")
    func command() throws {
        let bad: [[String]] = [
            [], ["/nonexistent/program"], ["false"], ["sh", "-c", "echo \(Self.base64); exit 3"], ["echo", "no key"],
            ["head", "-c", "100000", "/dev/zero"],
        ]
        for arguments in bad {
            #expect(throws: VaultError.self, "\(arguments)") { try MasterKeySource.command(arguments).load() }
        }
        let key = try MasterKeySource.command(["echo", Self.base64]).load()
        #expect(try key.fingerprint == MasterKey(text: Self.base64).fingerprint)
    }
}
