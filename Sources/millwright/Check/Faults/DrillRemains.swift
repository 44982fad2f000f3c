import Glibc
import Primitives
import Subprocess
import SystemPackage

/// What an earlier check left, because it found something or was killed itself.
enum DrillRemains {
    /// Stops servers that still run there, and removes everything.
    static func remove(_ data: DataDirectory) async throws {
        for name in ["a", "b"] {
            let node = try DataDirectory(path: data.path + "/" + name)
            let directory = node.clusterDirectory(for: Account.ofDatabase)
            let first = (try? FileText.read(directory + "/postmaster.pid"))?.split(separator: "\n").first
            let postmaster = first.flatMap { Int32($0.trimmed) }
            let command = postmaster.flatMap { try? FileText.read("/proc/\($0)/cmdline") } ?? ""
            // A number alone may be another process's by now.
            if command.contains(directory) { for pid in ProcessTree.family(of: postmaster) { kill(pid, SIGKILL) } }
            umount2(directory, Int32(MNT_DETACH))
            if directory != data.path + "/\(name)/postgres" { try await remove(directory) }
        }
        try await remove(data.path)
        try DataDirectory.make(data.path, mode: 0o755)
        try await remove(data.runtimePath + "/aside")
    }

    private static func remove(_ path: String) async throws {
        _ = try await Subprocess.run(
            .path("/bin/rm"), arguments: ["-rf", "--", path], output: .discarded, error: .discarded)
    }
}
