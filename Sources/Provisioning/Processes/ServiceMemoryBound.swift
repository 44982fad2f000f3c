#if canImport(Glibc)
    import Glibc
#endif

/// Whether a control group bounds the memory of this process and of all that it starts. Nothing else holds kernel memory
/// of a job that no process owns, and what a job holds between two looks.
package enum ServiceMemoryBound {
    /// The kernel says "no limit" in the older hierarchy as the largest number of whole pages.
    private static let unlimitedFrom = 1 << 62

    /// `nil` when there is one; otherwise what is missing, and what to do.
    package static func missing(root: String = "/sys/fs/cgroup", groups: String? = nil) -> String? {
        let lines = (groups ?? text("/proc/self/cgroup")).split(separator: "\n")
        let isBound = lines.contains { line in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return false }
            // The unified hierarchy has no name; the older one has one for memory.
            if fields[1].isEmpty { return bounds(root, fields[2], "memory.max") }
            return fields[1].split(separator: ",").contains("memory")
                && bounds("\(root)/memory", fields[2], "memory.limit_in_bytes")
        }
        return isBound
            ? nil
            : "no control group bounds the service's memory; give it one (systemd: MemoryMax=), see Docs/SECURITY.md"
    }

    /// Any of the groups up to the root will do: each holds what is below it.
    private static func bounds(_ root: String, _ path: Substring, _ file: String) -> Bool {
        var names = path.split(separator: "/").map(String.init)
        while true {
            let folder = ([root] + names).joined(separator: "/")
            if let limit = Int(text("\(folder)/\(file)").filter { $0.isNumber }), limit < unlimitedFrom { return true }
            if names.popLast() == nil { return false }
        }
    }

    private static func text(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(file, &buffer, buffer.count)
        return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
    }
}
