/// What processes of this machine really cost: their proportional set size, which shares shared pages fairly.
enum ProcessMemory {
    /// - Returns: bytes; `nil` when the process has gone or may not be looked at.
    static func proportionalBytes(of pid: Int32) -> Int? {
        guard let text = try? FileText.read("/proc/\(pid)/smaps_rollup") else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix("Pss:") {
            let parts = line.split(separator: " ")
            if parts.count >= 2, let kibibytes = Int(parts[1]) { return kibibytes << 10 }
        }
        return nil
    }

    /// Every process below one, by its chain of parents, with its arguments.
    static func descendants(of root: Int32) -> [(pid: Int32, arguments: [String])] {
        var parents: [Int32: Int32] = [:]
        for name in (try? DirectoryListing.names(in: "/proc")) ?? [] {
            guard let pid = Int32(name), let stat = try? FileText.read("/proc/\(pid)/stat") else { continue }
            // The program's name stands in parentheses and may hold anything.
            let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
            if fields.count > 2, let parent = Int32(fields[2]) { parents[pid] = parent }
        }
        return parents.keys.sorted().compactMap { pid in
            var current = pid
            while let parent = parents[current], parent != 0 {
                if parent == root {
                    let line = (try? FileText.read("/proc/\(pid)/cmdline")) ?? ""
                    return (pid, line.split(separator: "\0").map(String.init))
                }
                current = parent
            }
            return nil
        }
    }
}
