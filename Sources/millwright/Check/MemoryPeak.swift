import Glibc

/// The most memory that this process held at one time, as the kernel counts it.
enum MemoryPeak {
    /// Begins anew, where the kernel allows that (it is refused in some containers; the peak then is that of the whole life).
    /// - Returns: what the process holds now, in bytes.
    static func restart() -> Int {
        if let file = fopen("/proc/self/clear_refs", "w") {
            fputs("5", file)
            fclose(file)
        }
        return bytes()
    }

    /// The peak since then, in bytes.
    static func bytes() -> Int {
        guard let text = try? FileText.read("/proc/self/status") else { return 0 }
        for line in text.split(separator: "\n") where line.hasPrefix("VmHWM:") {
            let words = line.split(separator: " ")
            if words.count >= 2, let kibibytes = Int(words[1]) { return kibibytes << 10 }
        }
        return 0
    }
}
