import Glibc
import Logging
import Primitives
import Synchronization

/// Which process of a data directory has the plants' runners: whoever has the lock on a file, and says in it now and then
/// that it still works.
///
/// A holder that has gone has no lock any more and is followed at once. One that is there and does nothing, because it was
/// stopped or swapped out, is killed when its word is too old: what its runners had asked of other systems may stand in its
/// memory, and must not be sent after the next runner has looked whether it was done.
final class ProvisionerLease: Sendable {
    static let leaseSeconds = 15.0
    static let renewalSeconds = 2.0

    private let path: String
    private let logger: Logger
    private let lock = Mutex<FileLock?>(nil)

    init(path: String, logger: Logger) {
        self.path = path
        self.logger = logger
    }

    /// - Returns: whether it is ours now.
    func take() -> Bool {
        let isOurs = lock.withLock { lock in
            if lock == nil { lock = try? FileLock(path, busy: "taken") }
            return lock != nil
        }
        if isOurs { write() } else { endHolderThatStandsStill() }
        return isOurs
    }

    /// Says again and again that we are at work, until cancelled.
    func keep() async {
        while !Task.isCancelled {
            write()
            try? await Task.sleep(for: .seconds(Self.renewalSeconds))
        }
    }

    func release() {
        lock.withLock { lock in
            lock?.release()
            lock = nil
        }
    }

    private func write() {
        let text = "\(getpid()) \(ProcessTree.startedAtTicks(getpid()) ?? 0) \(Self.now)\n"
        // In place: the lock is on this very file.
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        let bytes = Array(text.utf8)
        _ = pwrite(file, bytes, bytes.count, 0)
        ftruncate(file, bytes.count)
    }

    /// A word that cannot be read, or of a process that is not to be seen here, is of somebody whom we cannot judge.
    private func endHolderThatStandsStill() {
        let parts = ((try? FileText.read(path)) ?? "").split(whereSeparator: \.isWhitespace)
        guard parts.count == 3, let pid = Int32(parts[0]), let start = UInt64(parts[1]), let word = Int64(parts[2]),
            pid > 1, pid != getpid(), ProcessTree.startedAtTicks(pid) == start,
            Self.now - word > Int64(Self.leaseSeconds * 1000)
        else { return }
        logger.warning(
            "the process that has the runners stands still and is killed",
            metadata: ["pid": "\(pid)", "silentForMilliseconds": "\(Self.now - word)"])
        kill(pid, SIGKILL)
    }

    /// Milliseconds since the machine started.
    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
