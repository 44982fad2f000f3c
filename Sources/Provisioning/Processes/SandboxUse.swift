import NIOPosix

#if canImport(Glibc)
    import Glibc
#endif

/// How much memory the processes of a sandbox hold together, looked up from outside: no limit of the system adds them up
/// where we have no cgroup of our own.
struct SandboxUse: Sendable {
    static let secondsBetweenLooks = 0.2

    /// The outermost process of the sandbox; all others descend from it, for the first one inside adopts what is left.
    let root: Int32

    /// Nobody else's blocking work is to delay a look.
    private static let thread: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        return pool
    }()

    /// What a look found.
    enum Finding: Sendable, Equatable {
        case well
        /// What there is too much of.
        case excess(String)
        /// No process of the sandbox shows its file system: it is being made, it has just ended, or it hides.
        case unseen
    }

    /// Reading `/proc` blocks, a little: not on the cooperative pool.
    func look(for limits: ProcessLimits) async -> Finding {
        let found = try? await Self.thread.runIfActive { Self.look(at: ProcessFamily.views(below: root), limits) }
        return found ?? .unseen
    }

    private static func look(at family: [ProcessFamily.View], _ limits: ProcessLimits) -> Finding {
        let limit = limits.memoryMegabytes << 20
        // What processes share counts for each of them at first; the exact sum takes longer and is rarely needed.
        if family.reduce(0, { $0 + $1.residentBytes }) > limit,
            family.reduce(0, { $0 + $1.proportionalBytes }) > limit
        {
            return .excess("it holds more than \(limits.memoryMegabytes) MiB of memory")
        }
        // Any of them will do, for they share it; one that is ending or hides has none to show.
        for view in family {
            guard let files = temporaryFiles(of: view, limits) else { continue }
            if files > limits.temporaryFiles { return .excess("it has more than \(limits.temporaryFiles) files") }
            guard let sockets = view.sockets else { continue }
            return sockets > limits.sockets ? .excess("it has more than \(limits.sockets) sockets") : .well
        }
        // Those that ended meanwhile hide nothing.
        return family.contains { $0.isAlive } ? .unseen : .well
    }

    /// An empty file takes memory too, and nothing but its file system counts it.
    ///
    /// `nil` while the sandbox is being set up: what stands there then is this machine's own folder, of another size.
    private static func temporaryFiles(of view: ProcessFamily.View, _ limits: ProcessLimits) -> Int? {
        var status = statvfs()
        guard statvfs("\(view.path)/root/tmp", &status) == 0,
            Int(status.f_blocks) * Int(status.f_frsize) == limits.temporaryBytes
        else { return nil }
        return Int(status.f_files) - Int(status.f_ffree)
    }
}
