package import Primitives

/// What one job may use. The first three are the plant's policy; the others are the same for everybody.
package struct ProcessLimits: Sendable, Hashable {
    package var cpuSeconds: Int
    /// Of the job altogether; one process may have as much.
    package var memoryMegabytes: Int
    package var wallSeconds: Double
    /// Processes and threads together; an interpreter of JavaScript alone has a dozen threads.
    package var processes = 64
    package var openFiles = 64
    /// Of all processes: each holds a buffer that counts for nobody.
    package var sockets = 128
    /// Of `/tmp`, and so of each file.
    package var temporaryBytes = 64 << 20
    package var temporaryFiles = 10_000
    /// Of standard output and of standard error, each.
    package var outputBytes = 1 << 20

    package init(_ policy: ProcessPolicy = ProcessPolicy(languages: [])) {
        cpuSeconds = policy.cpuSeconds
        memoryMegabytes = policy.memoryMegabytes
        wallSeconds = Double(policy.wallSeconds)
    }

    /// What one process may reserve, used or not. It bounds its page tables, and memory that is made read-only, which the
    /// limit of data no longer counts. JavaScript reserves ten gigabytes for each module of WebAssembly.
    func addressBytes(_ language: ProcessLanguage) -> Int {
        (memoryMegabytes << 20) + (language == .js ? 64 << 30 : 2 << 30)
    }
}
