import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The system-call filter where a program that we start can read it: a file without a name, of this process.
///
/// Written once. When that failed (a full disk, too many open files) it is tried again the next time.
package final class ProcessFilterFile: Sendable {
    /// Of all sandboxes of this process.
    package static let shared = ProcessFilterFile()

    private let folder: String
    private let written = Mutex<Int32?>(nil)

    package init(folder: String = "/tmp") { self.folder = folder }

    /// `nil` when the filter cannot be written now, or does not exist for this machine.
    package var path: String? {
        written.withLock { file in
            if file == nil { file = write() }
            return file.map { "/proc/\(getpid())/fd/\($0)" }
        }
    }

    private func write() -> Int32? {
        guard let program = ProcessCallFilter.program else { return nil }
        var name = Array("\(folder)/millwright-filter-XXXXXX".utf8CString)
        let file = mkstemp(&name)
        guard file >= 0 else { return nil }
        unlink(name)
        guard fcntl(file, F_SETFD, FD_CLOEXEC) == 0, Glibc.write(file, program, program.count) == program.count else {
            close(file)
            return nil
        }
        return file
    }
}
