#if canImport(Glibc)
    import Glibc

    /// What a runner gives up at its start, before it has read anything: it needs two Unix sockets and memory.
    ///
    /// The sandbox round it says the same again; this holds where there is none.
    package enum ProcessHardening {
        /// Applies everything; answers what could not be applied, by name.
        package static func apply() -> [String] {
            var missing: [String] = []
            // One arena: a runner has one busy thread, and each further arena costs memory.
            if !CLibrary.limitMallocArenas(to: 1) { missing.append("malloc-arenas") }
            if !control(setNoNewPrivileges, 1) { missing.append("no-new-privileges") }
            if !control(setDumpable, 0) { missing.append("not-dumpable") }
            if !limit(RLIMIT_CORE, to: 0) { missing.append("no-core-dumps") }
            if !limit(RLIMIT_NOFILE, to: maximumFiles) { missing.append("file-limit") }
            closeInheritedFiles()
            if let reason = FileAccessRules.apply() { missing.append("landlock (\(reason))") }
            if let reason = SystemCallFilter.apply() { missing.append("seccomp (\(reason))") }
            return missing
        }

        /// Two calls of `sync`, the gateway's most tunnels, and room.
        package static let maximumFiles: UInt = 512

        private static let setDumpable: Int32 = 4
        private static let setNoNewPrivileges: Int32 = 38

        private static func control(_ option: Int32, _ value: UInt) -> Bool {
            CLibrary.prctl(option, value) == 0
        }

        /// For good: only a capability could raise it again.
        private static func limit(_ resource: __rlimit_resource, to value: UInt) -> Bool {
            var current = rlimit()
            guard getrlimit(__rlimit_resource_t(resource.rawValue), &current) == 0 else { return false }
            let bound = min(value, current.rlim_max)
            var wanted = rlimit(rlim_cur: bound, rlim_max: bound)
            return setrlimit(__rlimit_resource_t(resource.rawValue), &wanted) == 0
        }

        /// Everything above standard error: a descriptor of the control plane must not come along.
        private static func closeInheritedFiles() {
            if CLibrary.closeRange(from: 3) { return }
            for descriptor in 3..<Int32(min(sysconf(Int32(_SC_OPEN_MAX)), 65536)) { close(descriptor) }
        }
    }

    /// Functions of the C library that Swift does not import: `prctl` because it is variadic, the others because their
    /// headers are not in the module. The arguments of `prctl` are all machine words, which the calling conventions of
    /// the supported machines pass in the same registers either way.
    enum CLibrary {
        static func prctl(_ option: Int32, _ a: UInt, _ b: UInt = 0, _ c: UInt = 0, _ d: UInt = 0) -> Int32 {
            typealias Function = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
            guard let symbol = dlsym(nil, "prctl") else { return -1 }
            return unsafeBitCast(symbol, to: Function.self)(option, a, b, c, d)
        }

        /// A system call by its number; the error's number where it fails. For those without a function of the C library.
        static func call(_ number: Int, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, _ d: Int = 0) -> (
            value: Int, error: Int32
        ) {
            typealias Function = @convention(c) (Int, Int, Int, Int, Int) -> Int
            guard let symbol = dlsym(nil, "syscall") else { return (-1, ENOSYS) }
            let value = unsafeBitCast(symbol, to: Function.self)(number, a, b, c, d)
            return (value, value < 0 ? errno : 0)
        }

        static func limitMallocArenas(to count: Int32) -> Bool {
            typealias Function = @convention(c) (Int32, Int32) -> Int32
            // M_ARENA_MAX of malloc.h.
            guard let symbol = dlsym(nil, "mallopt") else { return false }
            return unsafeBitCast(symbol, to: Function.self)(-8, count) == 1
        }

        static func closeRange(from first: UInt32) -> Bool {
            typealias Function = @convention(c) (UInt32, UInt32, Int32) -> Int32
            guard let symbol = dlsym(nil, "close_range") else { return false }
            return unsafeBitCast(symbol, to: Function.self)(first, .max, 0) == 0
        }
    }
#else
    package enum ProcessHardening {
        package static func apply() -> [String] { ["hardening (this system is not Linux)"] }
    }

    package enum ProtectionCheck {
        package static func run() -> [String] { ProcessHardening.apply() }
    }
#endif
