import Glibc

/// The most memory that this process held at one time, as the kernel counts it.
enum MemoryPeak {
    private typealias Trim = @convention(c) (Int) -> Int32
    /// `malloc_trim`, which the C library has and its module map does not name.
    private static let trim = dlsym(nil, "malloc_trim").map { unsafeBitCast($0, to: Trim.self) }

    /// Begins anew, where the kernel allows that (it is refused in some containers; the peak then is that of the whole life).
    /// - Returns: what the process holds now, in bytes.
    static func restart() -> Int {
        _ = trim?(0)  // what was freed is given back, so that it does not hide what comes
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
