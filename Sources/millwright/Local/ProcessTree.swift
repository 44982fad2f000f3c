import Glibc
import Primitives

/// Which processes of this machine descend from which, from /proc.
enum ProcessTree {
    /// The process and all that descend from it; empty when there is none.
    static func family(of root: Int32?) -> [Int32] {
        guard let root, kill(root, 0) == 0 else { return [] }
        var children: [Int32: [Int32]] = [:]
        for name in (try? DirectoryListing.names(in: "/proc")) ?? [] {
            guard let pid = Int32(name), let parent = parent(of: pid) else { continue }
            children[parent, default: []].append(pid)
        }
        var family = [root]
        var next = 0
        while next < family.count {
            family += children[family[next]] ?? []
            next += 1
        }
        return family
    }

    /// The runners among what descends from a control plane.
    static func runners(of controlPlane: Int32?) -> [Int32] {
        family(of: controlPlane).filter { pid in
            (try? FileText.read("/proc/\(pid)/cmdline"))?.hasPrefix("/millwright-runner") == true
        }.sorted()
    }

    /// When the process was started, in clock ticks since the machine was; `nil` when there is none or it has ended and
    /// nobody has asked how.
    static func startedAtTicks(_ pid: Int32) -> UInt64? {
        // The name, in brackets, may hold anything.
        guard let text = try? FileText.read("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[end...].split(separator: " ").dropFirst()
        guard fields.count > 19, fields.first != "Z", fields.first != "X" else { return nil }
        return UInt64(fields[fields.startIndex + 19])
    }

    private static func parent(of pid: Int32) -> Int32? {
        guard let status = try? FileText.read("/proc/\(pid)/status"),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("PPid:") })
        else { return nil }
        return Int32(line.dropFirst(5).trimmed)
    }
}
