import Primitives

#if canImport(Glibc)
    import Glibc
#endif

/// The command line of one process' sandbox: own namespaces of every kind, so no network at all; this machine's `/usr`
/// to read; a `/tmp` of its own, the only place to write to; limits on everything that can be counted.
struct ProcessSandboxArguments: Sendable, Equatable {
    /// Whatever the machine's shell starts with, the file of the system-call filter is this descriptor.
    static let filterDescriptor = 9

    /// bubblewrap and its arguments, ending with the program of the first shell.
    let values: [String]

    /// - Parameter link: where a symbolic link of this machine leads; `nil` for what is none.
    init(
        bubblewrap: String, program: String, language: ProcessLanguage, limits: ProcessLimits,
        exists: (String) -> Bool = { access($0, F_OK) == 0 }, link: (String) -> String? = Self.link
    ) {
        var arguments = [
            bubblewrap,
            // `--unshare-all` only tries the user and cgroup namespaces; here they are demanded.
            "--unshare-all", "--unshare-user", "--unshare-cgroup", "--disable-userns", "--cap-drop", "ALL",
            "--new-session", "--die-with-parent", "--clearenv", "--hostname", "process", "--proc", "/proc", "--dev",
            "/dev", "--ro-bind", "/usr", "/usr",
        ]
        for path in ["/bin", "/sbin", "/lib", "/lib64", "/lib32"] where exists(path) {
            arguments += link(path).map { ["--symlink", $0, path] } ?? ["--ro-bind", path, path]
        }
        for path in ["/etc/ld.so.cache", "/etc/alternatives"] where exists(path) {
            arguments += ["--ro-bind", path, path]
        }
        arguments += ["--perms", "0700", "--size", String(limits.temporaryBytes), "--tmpfs", "/tmp"]
        // Memory that is written to a file system is nobody's: no bound would hold it.
        for path in ["/proc", "/dev", "/"] { arguments += ["--remount-ro", path] }
        arguments += ["--chdir", "/tmp", "--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin"]
        arguments += ["--setenv", "LANG", "C.UTF-8"]
        arguments += ["--seccomp", String(Self.filterDescriptor)]
        // Set in here, where the count of processes is the sandbox's own and not that of the account.
        values =
            arguments + ["--"] + Self.limiting(limits, language) + ["/bin/sh", "-c", program, "process"]
    }

    private static func limiting(_ limits: ProcessLimits, _ language: ProcessLanguage) -> [String] {
        let memory = limits.memoryMegabytes << 20
        return [
            "/usr/bin/prlimit", "--cpu=\(limits.cpuSeconds):\(limits.cpuSeconds + 1)",
            "--as=\(limits.addressBytes(language)):\(limits.addressBytes(language))",
            "--data=\(memory):\(memory)", "--nproc=\(limits.processes):\(limits.processes)",
            "--fsize=\(limits.temporaryBytes):\(limits.temporaryBytes)",
            "--nofile=\(limits.openFiles):\(limits.openFiles)", "--core=0:0", "--memlock=65536:65536",
            "--msgqueue=0:0", "--",
        ]
    }

    static func link(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink(path, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
