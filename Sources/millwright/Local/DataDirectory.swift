import Crypto
import Glibc
import Primitives

/// Where one installation keeps what must survive a restart, and the short-lived directory of its sockets.
struct DataDirectory: Sendable {
    /// Absolute, without a trailing slash.
    let path: String
    /// Short, because a Unix socket's path has 107 bytes at the most.
    let runtimePath: String

    /// Makes both directories.
    init(path given: String) throws {
        path = try Self.absolute(given)
        try Self.make(path, mode: 0o755)
        let digest = SHA256.hash(data: Array(path.utf8)).prefix(5).map { Self.hex($0) }.joined()
        if Account.isRoot {
            try Self.make("/run/millwright", mode: 0o755)
            runtimePath = "/run/millwright/\(digest)"
        } else {
            runtimePath = "/tmp/millwright-\(geteuid())-\(digest)"
        }
        try Self.make(runtimePath, mode: 0o711)
        try Self.checkIsOurs(runtimePath)
    }

    var masterKeyFile: String { path + "/master.key" }
    var provisionerLockFile: String { path + "/provisioner.lock" }
    var demoKeysFile: String { path + "/demo-keys.json" }
    var standInLedgerFile: String { path + "/stand-in-cmms.jsonl" }
    var logDirectory: String { path + "/log" }
    var plantsDirectory: String { runtimePath + "/plants" }
    var databaseSocketDirectory: String { runtimePath + "/pg" }
    var runnerCopy: String { runtimePath + "/millwright-runner" }

    /// The cluster's files: below the data directory, or, where the account that runs PostgreSQL cannot come in there
    /// (root's own home), in the place that Debian keeps such data.
    func clusterDirectory(for account: Account?) -> String {
        let inside = path + "/postgres"
        guard let account, !account.reaches(inside) else { return inside }
        let digest = runtimePath.split(separator: "/").last ?? "default"
        return "/var/lib/millwright/\(digest)/postgres"
    }

    static func absolute(_ path: String) throws -> String {
        var result = path
        if !path.hasPrefix("/") {
            guard let current = getcwd(nil, 0) else { throw Problem(.invalidRequest, "There is no current directory.") }
            result = String(cString: current) + "/" + path
            free(current)
        }
        while result.count > 1, result.hasSuffix("/") { result.removeLast() }
        return result
    }

    /// Makes a directory and those above it.
    static func make(_ path: String, mode: mode_t) throws {
        var current = ""
        for part in path.split(separator: "/") {
            current += "/" + part
            if mkdir(current, current == path ? mode : 0o755) != 0, errno != EEXIST {
                throw Problem(
                    .unavailable, "The directory \(current) cannot be made: \(String(cString: strerror(errno))).")
            }
        }
    }

    /// `/tmp` is everybody's: a directory that somebody else put there first is refused.
    private static func checkIsOurs(_ path: String) throws {
        guard let status = FileStatus(path), status.isFolder, status.userID == geteuid() else {
            throw Problem(.unavailable, "\(path) exists and is not a directory of this user. Remove it and try again.")
        }
        guard status.permissions & 0o022 == 0 else {
            throw Problem(.unavailable, "\(path) can be written by others. Remove it and try again.")
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16)
        return text.count == 1 ? "0" + text : text
    }
}
