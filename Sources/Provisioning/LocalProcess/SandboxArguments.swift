/// The bubblewrap command line of one runner: own namespaces, a root that holds nothing but libraries, no network but
/// the plant's sockets, no capabilities, and no place to write to. (A socket takes connections on a read-only mount too.)
package struct SandboxArguments: Sendable, Equatable {
    package static let runnerPathInside = "/millwright-runner"
    package static let socketDirectoryInside = "/run/plant"

    /// Directories that the dynamic loader and TLS need, read-only, where they exist.
    package static let readOnlyDirectories = [
        "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ssl/certs", "/usr/share/ca-certificates",
    ]
    package static let readOnlyFiles = ["/etc/ld.so.cache", "/etc/ssl/openssl.cnf"]

    package var values: [String]

    /// - Parameters:
    ///   - runner: the runner's executable on this machine.
    ///   - libraryDirectories: further directories with shared libraries that the executable is linked against.
    ///   - exists: whether a path exists here; links such as `/lib64` are bound as what they point to.
    package init(
        runner: String, runnerArguments: [String], socketDirectory: String, libraryDirectories: [String],
        exists: (String) -> Bool
    ) {
        var arguments = [
            // `--unshare-all` only tries the user and cgroup namespaces; here they are demanded.
            "--unshare-all", "--unshare-user", "--unshare-cgroup", "--disable-userns", "--cap-drop", "ALL",
            "--new-session", "--die-with-parent", "--clearenv", "--hostname", "runner", "--proc", "/proc", "--dev",
            "/dev",
        ]
        for path in Self.readOnlyDirectories + Self.readOnlyFiles + libraryDirectories where exists(path) {
            arguments += ["--ro-bind", path, path]
        }
        arguments += ["--ro-bind", socketDirectory, Self.socketDirectoryInside]
        arguments += ["--ro-bind", runner, Self.runnerPathInside]
        // Memory that is written to a file system is nobody's: no bound would hold it.
        for path in ["/proc", "/dev", "/"] { arguments += ["--remount-ro", path] }
        arguments += ["--chdir", "/", "--"]
        values = arguments + [Self.runnerPathInside] + runnerArguments
    }
}
