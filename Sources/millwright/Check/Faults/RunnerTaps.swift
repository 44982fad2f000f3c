import Glibc
import NIOCore
import Primitives
import Synchronization

/// A link between each runner and its control plane. The plant's socket is moved aside as soon as it stands there, and a
/// link listens in its place; what serves the socket and who calls it notice nothing.
final class RunnerTaps: Sendable {
    static let lookMilliseconds = 10

    private struct Tap {
        let link: FaultyLink
        let inode: UInt64
    }

    private let root: String
    private let aside: String
    private let owner: Account?
    private let points: FaultPoints
    private let state = Mutex((taps: [String: Tap](), made: 0))

    /// - Parameters:
    ///   - root: below it stand the plants' directories.
    ///   - aside: where the sockets are moved; on the same file system.
    init(root: String, aside: String, points: FaultPoints) throws {
        self.root = root
        self.aside = aside
        self.points = points
        owner = Account.ofRunners
        try DataDirectory.make(aside, mode: 0o700)
    }

    /// The links that a runner uses now, by the path of the socket.
    var links: [String: FaultyLink] { state.withLock { $0.taps.mapValues(\.link) }.filter { $0.value.callers > 0 } }

    func run() async {
        while !Task.isCancelled {
            for path in sockets() {
                guard let inode = FileStatus.inode(path), inode != state.withLock({ $0.taps[path]?.inode }) else {
                    continue
                }
                await tap(path)
            }
            try? await Task.sleep(for: .milliseconds(Self.lookMilliseconds))
        }
        for tap in state.withLock({ Array($0.taps.values) }) { await tap.link.close() }
    }

    private func sockets() -> [String] {
        var found: [String] = []
        for outer in (try? DirectoryListing.names(in: root)) ?? [] {
            let path = "\(root)/\(outer)/sync.sock"
            if access(path, F_OK) == 0 { found.append(path) }
        }
        return found
    }

    private func tap(_ path: String) async {
        let number = state.withLock { state in
            state.made += 1
            return state.made
        }
        let moved = "\(aside)/\(number).sock"
        guard rename(path, moved) == 0 else { return }
        // The link to the socket before takes its path with it when it goes.
        if let old = state.withLock({ $0.taps.removeValue(forKey: path) }) { await old.link.close() }
        let points = points
        let link = FaultyLink(.path(path), to: [.path(moved)]) { isToServer, _ in
            points.pass(isToServer ? .syncSent : .syncAnswered)
        }
        do { try await link.open() } catch { return }
        if let owner { chown(path, owner.userID, owner.groupID) }
        chmod(path, 0o600)
        let tap = Tap(link: link, inode: FileStatus.inode(path) ?? 0)
        state.withLock { $0.taps[path] = tap }
    }
}

extension FileStatus {
    /// What tells a file from another one of the same name.
    static func inode(_ path: String) -> UInt64? {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_ino) : nil
    }
}
