#if canImport(Glibc)
    import Glibc

    /// Takes on every protection and then tries what it forbids: a protection that is there by name only is missing.
    package enum ProtectionCheck {
        /// What is missing, by name. The process is not good for anything else afterwards.
        package static func run() -> [String] {
            let missing = ProcessHardening.apply()
            let isNamed = { (name: String) in missing.contains { $0.hasPrefix(name) } }
            return missing
                + (isNamed("seccomp")
                    ? [] : attempts.filter { !$0.isRefused() }.map { "seccomp (it allows \($0.name))" })
                + (isNamed("landlock") || isRootClosed ? [] : ["landlock (the root can still be read)"])
                + (geteuid() == 0 ? ["own account (the runner is root)"] : [])
        }

        /// A call that is harmless where it is not refused, because its arguments make no sense.
        private struct Attempt {
            var name: String
            var number: Int
            var first = 0
            var second = 0

            func isRefused() -> Bool { CLibrary.call(number, first, second).error == EPERM }
        }

        /// CLONE_SIGHAND without CLONE_VM, which no kernel takes.
        private static let handlersWithoutMemory = 0x800

        #if arch(x86_64)
            private static let attempts = [
                Attempt(name: "unshare", number: 272), Attempt(name: "execve", number: 59),
                Attempt(name: "ptrace", number: 101), Attempt(name: "keyctl", number: 250),
                Attempt(name: "clone", number: 56, first: handlersWithoutMemory),
                Attempt(name: "socket", number: 41, first: Int(AF_INET), second: 1),
            ]
        #elseif arch(arm64)
            private static let attempts = [
                Attempt(name: "unshare", number: 97), Attempt(name: "execve", number: 221),
                Attempt(name: "ptrace", number: 117), Attempt(name: "keyctl", number: 219),
                Attempt(name: "clone", number: 220, first: handlersWithoutMemory),
                Attempt(name: "socket", number: 198, first: Int(AF_INET), second: 1),
            ]
        #else
            private static let attempts: [Attempt] = []
        #endif

        private static var isRootClosed: Bool {
            let root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            if root >= 0 { close(root) }
            return root < 0
        }
    }
#endif
