import Foundation
import Glibc
import TestSupport

/// A folder with a short path that every account can enter; gone when the test is.
final class TestFolder: Sendable {
    struct Failed: Error {}
    let path: String

    init() throws {
        var template = Array("/tmp/mwp-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failed() }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        chmod(path, 0o755)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func path(_ name: String) -> String { path + "/" + name }

    /// A program: written by a process of its own, because a file that this process has open for writing is open in
    /// whatever another test is just starting as well, and what is open for writing cannot be run.
    func install(_ source: String, as name: String) throws -> String {
        // Foundation's Process now and then leaves a zombie here, and the tests look for zombies.
        try ChildProcess.runBlocking(["/usr/bin/install", "-m", "755", source, path(name)])
        return path(name)
    }

    @discardableResult
    func write(_ bytes: some Collection<UInt8>, to name: String, mode: mode_t = 0o644) throws -> String {
        try Data(bytes).write(to: URL(filePath: path(name)))
        chmod(path(name), mode)
        return path(name)
    }
}

/// The programs under test, as they were built.
enum Programs {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    static let directory = ProcessInfo.processInfo.environment["MILLWRIGHT_PROGRAMS"] ?? root + "/.build/debug"
    static let bubblewrap = "/usr/bin/bwrap"
    static let isRoot = geteuid() == 0

    /// The runner, where the account of the runners can read it: a checkout may be closed to it.
    static let runner: String = {
        let copy = try! folder.install(directory + "/millwright-runner", as: "millwright-runner")
        // What it leaves is a folder; it is removed when this process ends in order.
        atexit { try? FileManager.default.removeItem(atPath: Programs.folder.path) }
        return copy
    }()

    private static let folder = try! TestFolder()
}
