import Crypto
import Glibc
import Primitives

/// The runner's program where the runners' account can read it: a checkout in root's home is closed to it.
///
/// The copy is named by what is in it. During an upgrade control planes of two versions stand beside each other, and each
/// must go on starting its own.
enum RunnerCopy {
    /// Copies that are kept: of this version, and of those before it that may still be in use.
    static let kept = 3

    static func place(_ path: String, _ data: DataDirectory) throws -> String {
        guard Account.isRoot else { return path }
        let bytes = try FileBytes.read(path)
        let digest = SHA256.hash(data: bytes).prefix(6).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        let copy = "\(data.runnerCopy)-\(digest)"
        if access(copy, X_OK) != 0 { try FileBytes.write(bytes, to: copy, mode: 0o755) }
        // The time says when it was last asked for.
        utimes(copy, nil)
        removeOld(data)
        return copy
    }

    private static func removeOld(_ data: DataDirectory) {
        let names = (try? DirectoryListing.names(in: data.runtimePath)) ?? []
        let copies = names.map { data.runtimePath + "/" + $0 }.filter { $0.hasPrefix(data.runnerCopy + "-") }
        for old in copies.sorted(by: { askedFor($0) > askedFor($1) }).dropFirst(kept) { unlink(old) }
    }

    private static func askedFor(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mtim.tv_sec : 0
    }
}
