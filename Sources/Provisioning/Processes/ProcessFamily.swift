#if canImport(Glibc)
    import Glibc
#endif

/// The processes below another one, as `/proc` shows them from outside.
enum ProcessFamily {
    /// Enough for the fields of `status` that are read here.
    private static let maximumBytes = 4096

    /// One process, by the thread that still has its memory: the first thread can end before the others do.
    struct View: Sendable {
        /// Its folder in `/proc`.
        let path: String

        /// Its own pages, those that it shares, and the tables that say where they are. Whoever asks may read this, also
        /// of a process that made itself unreadable.
        var residentBytes: Int { ["VmRSS:", "VmPTE:"].reduce(0) { $0 + kibibytes($1, in: "status") } << 10 }

        /// With its share only of the pages that it shares.
        var proportionalBytes: Int {
            let share = kibibytes("Pss:", in: "smaps_rollup")
            return share == 0 ? residentBytes : (share + kibibytes("VmPTE:", in: "status")) << 10
        }

        /// Those of its network, which is the sandbox's. `nil` when it shows none.
        var sockets: Int? {
            // "sockets: used 3" is the first line.
            let words = ProcessFamily.text("\(path)/net/sockstat").prefix { $0 != UInt8(ascii: "\n") }
                .split(separator: UInt8(ascii: " "))
            return words.count > 2 ? Int(String(decoding: words[2], as: UTF8.self)) : nil
        }

        /// Whether it still runs: not gone, and not dead and waited for by nobody.
        var isAlive: Bool { ProcessFamily.stat(path).map { $0.state != UInt8(ascii: "Z") } ?? false }

        private func kibibytes(_ name: String, in file: String) -> Int {
            for line in ProcessFamily.text("\(path)/\(file)").split(separator: UInt8(ascii: "\n"))
            where line.starts(with: Array(name.utf8)) {
                let digits = line.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
                return Int(String(decoding: digits, as: UTF8.self)) ?? 0
            }
            return 0
        }
    }

    /// All processes below, found by their parents.
    static func views(below root: Int32) -> [View] {
        var children: [Int32: [Int32]] = [:]
        for pid in numbers(in: "/proc") {
            guard let parent = stat("/proc/\(pid)")?.parent else { continue }
            children[parent, default: []].append(pid)
        }
        var found: Set<Int32> = []
        var open = children[root] ?? []
        while let next = open.popLast() {
            guard found.insert(next).inserted else { continue }
            open += children[next] ?? []
        }
        return found.map(view)
    }

    private static func view(of pid: Int32) -> View {
        let process = View(path: "/proc/\(pid)")
        guard !process.isAlive else { return process }
        let threads = numbers(in: "\(process.path)/task").map { View(path: "\(process.path)/task/\($0)") }
        return threads.first { $0.isAlive } ?? process
    }

    private static func numbers(in path: String) -> [Int32] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var numbers: [Int32] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let number = Int32(name) { numbers.append(number) }
        }
        return numbers
    }

    /// From `stat`, whose second field may hold anything: what counts stands behind the last bracket.
    private static func stat(_ path: String) -> (state: UInt8, parent: Int32)? {
        let text = text("\(path)/stat")
        guard let end = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[(end + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 1, let state = fields[0].first,
            let parent = Int32(String(decoding: fields[1], as: UTF8.self))
        else { return nil }
        return (state, parent)
    }

    private static func text(_ path: String) -> ArraySlice<UInt8> {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: maximumBytes)
        let count = read(file, &buffer, buffer.count)
        return buffer[..<max(0, count)]
    }
}
