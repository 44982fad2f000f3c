import Glibc
import Primitives

/// Where the master key comes from. Each is read once, when the process starts.
package enum MasterKeySource: Sendable, Hashable {
    /// A regular file that only its owner can read (0600 or 0400).
    case file(String)
    /// The name of an environment variable. It is removed from the environment once it is read, so that no child
    /// process inherits it.
    case environment(String)
    /// A program and its arguments, which prints the key: the client of a hardware module or a secret store.
    case command([String])

    package func load() throws(VaultError) -> MasterKey {
        switch self {
        case .file(let path): try MasterKeyFile.read(path)
        case .environment(let name): try fromEnvironment(name)
        case .command(let arguments): try MasterKey(text: CommandOutput.read(arguments).reveal())
        }
    }

    private func fromEnvironment(_ name: String) throws(VaultError) -> MasterKey {
        guard let pointer = getenv(name) else {
            throw .masterKeyUnavailable("The environment variable \(name) with the master key is not set.")
        }
        let text = String(cString: pointer)
        unsetenv(name)
        return try MasterKey(text: text)
    }
}

/// The file that holds the key.
package enum MasterKeyFile {
    /// A key in text form and a line's end; nothing near this size.
    private static let maximumBytes = 1024

    static func read(_ path: String) throws(VaultError) -> MasterKey {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            throw .masterKeyUnavailable("The master key file \(path) cannot be opened: \(reason()).")
        }
        defer { close(descriptor) }
        try requirePrivate(descriptor, path)
        var buffer = [UInt8](repeating: 0, count: maximumBytes)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        guard count > 0 else { throw .masterKeyUnavailable("The master key file \(path) is empty.") }
        return try MasterKey(text: String(decoding: buffer[..<count], as: UTF8.self))
    }

    /// Writes a new random key to a file that must not exist yet, readable by its owner alone.
    package static func create(_ path: String) throws(VaultError) -> MasterKey {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw .masterKeyUnavailable("The master key file \(path) cannot be made: \(reason()).")
        }
        defer { close(descriptor) }
        let key = MasterKey.random()
        let text = Array((key.text + "\n").utf8)
        // A key that is not on the disk after a power cut is a vault that never opens again.
        guard write(descriptor, text, text.count) == text.count, fsync(descriptor) == 0 else {
            throw .masterKeyUnavailable("The master key file \(path) cannot be written: \(reason()).")
        }
        return key
    }

    private static func requirePrivate(_ descriptor: Int32, _ path: String) throws(VaultError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .masterKeyUnavailable("The master key file \(path) is not a regular file.")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw .masterKeyUnavailable(
                "The master key file \(path) can be read by others. Run `chmod 600 \(path)` and ask who read it."
            )
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw .masterKeyUnavailable("The master key file \(path) belongs to another user.")
        }
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}
