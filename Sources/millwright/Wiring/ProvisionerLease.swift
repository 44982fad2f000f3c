import Glibc
import Primitives

/// Which process of a data directory has the plants' runners: a file that its holder renews.
///
/// A holder that has gone is followed at once. One that is there and does nothing, because it was stopped or its machine
/// stood still, is followed when its lease is over; when it comes back it finds another one's name in the file. Both may
/// believe for a moment that they have the runners: the epochs of the runners see to it that only one writes.
struct ProvisionerLease: Sendable {
    static let leaseSeconds = 15.0
    static let renewalSeconds = 2.0

    private let path: String
    private let holder = UUIDv7().description

    init(path: String) { self.path = path }

    private struct Entry {
        var holder: String
        var pid: Int32
        /// Since the machine started, also while it slept.
        var renewedAtMilliseconds: Int64
    }

    /// Takes the lease when nobody has it, or renews it.
    /// - Returns: whether it is ours now.
    func take() -> Bool {
        change { entry in
            guard let entry, entry.holder != holder, isHeld(entry) else { return own }
            return nil
        }
    }

    /// - Returns: whether it is still ours.
    func renew() -> Bool { change { $0?.holder == holder ? own : nil } }

    /// Whether another process has it. A look alone: it needs no turn at the file.
    var isAnothers: Bool {
        guard let text = try? FileText.read(path), let entry = Self.entry(text) else { return false }
        return entry.holder != holder && isHeld(entry)
    }

    /// Whoever waits need not wait longer.
    func release() { _ = change { $0?.holder == holder ? Entry(holder: "-", pid: 0, renewedAtMilliseconds: 0) : nil } }

    private var own: Entry { Entry(holder: holder, pid: getpid(), renewedAtMilliseconds: Self.now) }

    private func isHeld(_ entry: Entry) -> Bool {
        guard entry.pid > 0, kill(entry.pid, 0) == 0 || errno == EPERM else { return false }
        // A time in the future is of an earlier start of the machine.
        let age = Self.now - entry.renewedAtMilliseconds
        return age >= 0 && age < Int64(Self.leaseSeconds * 1000)
    }

    /// Reads the entry and writes another one in its place, while no other process does.
    /// - Returns: whether one was written.
    private func change(_ next: (Entry?) -> Entry?) -> Bool {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return false }
        defer { close(file) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = pread(file, &buffer, buffer.count, 0)
        guard let entry = next(Self.entry(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self))) else {
            return false
        }
        let text = Array("\(entry.holder) \(entry.pid) \(entry.renewedAtMilliseconds)\n".utf8)
        return ftruncate(file, 0) == 0 && pwrite(file, text, text.count, 0) == text.count
    }

    private static func entry(_ text: String) -> Entry? {
        let parts = text.split(whereSeparator: \.isWhitespace)
        guard parts.count == 3, let pid = Int32(parts[1]), let time = Int64(parts[2]) else { return nil }
        return Entry(holder: String(parts[0]), pid: pid, renewedAtMilliseconds: time)
    }

    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// The directories of the plants' sockets, one for each holder of the lease.
enum PlantsFolder {
    /// Removes what earlier holders left. One that is only slow loses its sockets with it, and nothing else.
    static func removeAll(in root: String) {
        for term in names(root) {
            for plant in names(term) {
                for socket in names(plant) { unlink(socket) }
                rmdir(plant)
            }
            rmdir(term)
        }
        mkdir(root, 0o711)
    }

    private static func names(_ path: String) -> [String] {
        ((try? DirectoryListing.names(in: path)) ?? []).map { path + "/" + $0 }
    }
}
