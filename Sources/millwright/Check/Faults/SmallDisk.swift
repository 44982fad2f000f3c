import Glibc
import Primitives
import Subprocess
import SystemPackage

/// A small file system in memory that a cluster's data stand on, so that it can be filled. Root alone may mount one.
struct SmallDisk: Sendable {
    static let megabytes = 1024

    let path: String
    private var ballast: String { path + "/ballast" }

    /// `nil` when this account or this kernel does not allow it.
    static func mount(at path: String, owner: Account?) -> SmallDisk? {
        guard Account.isRoot else { return nil }
        let disk = SmallDisk(path: path)
        guard Glibc.mount("millwright-check", path, "tmpfs", 0, "size=\(megabytes)m,mode=0700") == 0 else { return nil }
        if let owner, chown(path, owner.userID, owner.groupID) != 0 {
            disk.unmount()
            return nil
        }
        return disk
    }

    /// Takes all the space that is left but a little.
    func fill() throws {
        let descriptor = open(ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Problem(.unavailable, "\(ballast) cannot be made.") }
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0, count: 1 << 16)
        while write(descriptor, block, block.count) > 0 {}
    }

    func empty() { unlink(ballast) }

    func copy(to other: String) async {
        empty()
        _ = try? await Subprocess.run(
            .path("/bin/cp"), arguments: ["-a", "--", path, other], output: .discarded, error: .discarded)
    }

    func unmount() { umount2(path, Int32(MNT_DETACH)) }
}
