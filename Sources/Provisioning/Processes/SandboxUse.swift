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

    /// Reading `/proc` blocks, a little: not on the cooperative pool.
    ///
    /// - Returns: what there is too much of; `nil` while all is well.
    func excess(over limits: ProcessLimits) async -> String? {
        let found: String?? = try? await Self.thread.runIfActive { look(limits) }
        return found ?? nil
    }

    private func look(_ limits: ProcessLimits) -> String? {
        let family = Self.descendants(of: root)
        let limit = limits.memoryMegabytes << 20
        let pages = family.reduce(0) { $0 + Self.residentPages(of: $1) }
        // What processes share counts for each of them at first; the exact sum takes longer and is rarely needed.
        if pages * Int(sysconf(Int32(_SC_PAGESIZE))) > limit,
            family.reduce(0, { $0 + Self.proportionalBytes(of: $1) }) > limit
        {
            return "it holds more than \(limits.memoryMegabytes) MiB of memory"
        }
        if let last = family.max(), let files = Self.temporaryFiles(of: last, limits), files > limits.temporaryFiles {
            return "it has more than \(limits.temporaryFiles) files"
        }
        return nil
    }

    /// All processes below, found by their parents.
    private static func descendants(of root: Int32) -> Set<Int32> {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var children: [Int32: [Int32]] = [:]
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let pid = Int32(name), let parent = parent(of: pid) else { continue }
            children[parent, default: []].append(pid)
        }
        var found: Set<Int32> = []
        var open = children[root] ?? []
        while let next = open.popLast() {
            guard found.insert(next).inserted else { continue }
            open += children[next] ?? []
        }
        return found
    }

    /// From `stat`, whose second field may hold anything: what counts stands behind the last bracket.
    private static func parent(of pid: Int32) -> Int32? {
        let text = line("/proc/\(pid)/stat")
        guard let end = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[(end + 1)...].split(separator: UInt8(ascii: " "))
        return fields.count > 1 ? Int32(String(decoding: fields[1], as: UTF8.self)) : nil
    }

    private static func residentPages(of pid: Int32) -> Int {
        let fields = line("/proc/\(pid)/statm").split(separator: UInt8(ascii: " "))
        return fields.count > 1 ? Int(String(decoding: fields[1], as: UTF8.self)) ?? 0 : 0
    }

    /// Its own pages, and its share of those that it shares.
    private static func proportionalBytes(of pid: Int32) -> Int {
        for line in line("/proc/\(pid)/smaps_rollup").split(separator: UInt8(ascii: "\n"))
        where line.starts(with: Array("Pss:".utf8)) {
            let digits = line.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            return (Int(String(decoding: digits, as: UTF8.self)) ?? 0) << 10
        }
        return residentPages(of: pid) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// An empty file takes memory too, and nothing but its file system counts it.
    ///
    /// `nil` while the sandbox is being set up: what stands there then is this machine's own folder, of another size.
    private static func temporaryFiles(of pid: Int32, _ limits: ProcessLimits) -> Int? {
        var status = statvfs()
        guard statvfs("/proc/\(pid)/root/tmp", &status) == 0,
            Int(status.f_blocks) * Int(status.f_frsize) == limits.temporaryBytes
        else { return nil }
        return Int(status.f_files) - Int(status.f_ffree)
    }

    private static func line(_ path: String) -> ArraySlice<UInt8> {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = read(file, &buffer, buffer.count)
        return buffer[..<max(0, count)]
    }
}
