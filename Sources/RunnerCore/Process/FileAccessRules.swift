#if canImport(Glibc)
    import Glibc

    /// Landlock: from here on the process reads libraries and certificates and nothing else, writes nowhere, has no TCP,
    /// and sends no signals. The sandbox shows it hardly more; this holds where somebody has widened the sandbox.
    ///
    /// Sockets that have a path are not Landlock's business, so the two of the plant stay open.
    enum FileAccessRules {
        /// What a runner still opens after its start: authorities of TLS, and what the C library loads late.
        private static let readable = [
            "/etc/ssl", "/etc/pki", "/usr/share/ca-certificates", "/usr/lib", "/usr/lib64", "/lib", "/lib64",
        ]

        /// `nil` when the rules are in place, or else why they are not.
        static func apply() -> String? {
            let version = CLibrary.call(createRuleset, 0, 0, askForVersion)
            guard version.value >= 1 else { return "the kernel does not have it, error \(version.error)" }
            var attributes = RulesetAttributes(version: version.value)
            let ruleset = withUnsafePointer(to: &attributes) {
                CLibrary.call(createRuleset, Int(bitPattern: $0), MemoryLayout<RulesetAttributes>.size)
            }
            guard ruleset.value >= 0 else { return "the kernel refuses it, error \(ruleset.error)" }
            let descriptor = Int32(ruleset.value)
            defer { close(descriptor) }
            for path in readable {
                let directory = open(path, openForItsPath | O_CLOEXEC | O_DIRECTORY)
                guard directory >= 0 else { continue }
                defer { close(directory) }
                var rule = PathRule(allowedAccess: readFile | readDirectory, parent: directory)
                let added = withUnsafePointer(to: &rule) {
                    CLibrary.call(addRule, ruleset.value, beneathPath, Int(bitPattern: $0))
                }
                guard added.value == 0 else { return "the kernel refuses a rule, error \(added.error)" }
            }
            let restricted = CLibrary.call(restrictSelf, ruleset.value)
            return restricted.value == 0 ? nil : "the kernel refuses it, error \(restricted.error)"
        }

        // The same numbers on every machine.
        private static let createRuleset = 444
        private static let addRule = 445
        private static let restrictSelf = 446
        /// O_PATH of fcntl.h.
        private static let openForItsPath: Int32 = 0o1000_0000
        private static let askForVersion = 1
        private static let beneathPath = 1
        private static let readFile: UInt64 = 1 << 2
        private static let readDirectory: UInt64 = 1 << 3

        /// `struct landlock_ruleset_attr`: everything that this kernel can refuse, is.
        private struct RulesetAttributes {
            var files: UInt64
            var network: UInt64
            var scopes: UInt64

            init(version: Int) {
                let fileRights =
                    switch version {
                    case 1: 13
                    case 2: 14
                    case 3, 4: 15
                    default: 16
                    }
                files = (1 << fileRights) - 1
                // Binding and connecting of TCP.
                network = version >= 4 ? 0b11 : 0
                // Abstract Unix sockets and signals.
                scopes = version >= 6 ? 0b11 : 0
            }
        }

        /// `struct landlock_path_beneath_attr`, which ends with the descriptor.
        private struct PathRule {
            var allowedAccess: UInt64
            var parent: Int32
        }
    }
#endif
