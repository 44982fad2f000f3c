import Database
import Foundation
import Glibc
import Synchronization
import TestSupport

/// `millwright serve` as a process of its own, on the database of a fixture. It ends with this process.
final class ControlPlaneProcess: Sendable {
    let pid: pid_t
    private let folder: TestFolder
    private let input: Int32
    private let logPath: String
    /// Once it has ended and was waited for; from then on the number may be another process'.
    private let status = Mutex<Int32?>(nil)

    /// - Parameter data: the data directory; two processes may share one.
    init(
        _ fixture: PostgresFixture, data: TestFolder, arguments: [String] = [], environment: [String: String] = [:]
    ) throws {
        folder = data
        logPath = data.path("log-\(UInt32.random(in: 0 ... .max))")
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw NeverHappened(description: "no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        posix_spawn_file_actions_addopen(&actions, 1, logPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        let words =
            [
                Programs.directory + "/millwright", "serve", "--end-with-input", "--data-dir", data.path("data"),
                "--log-level", "info", "--database-host", fixture.configuration.host, "--database-port",
                "\(fixture.configuration.port)", "--database-name", fixture.configuration.database,
            ] + arguments
        let settings = ProcessInfo.processInfo.environment
            .merging([
                "MILLWRIGHT_HOME": Programs.root, "MILLWRIGHT_MASTER_KEY": Self.masterKey,
                "MILLWRIGHT_PRIVATE_NETWORKS": "127.0.0.0/8,::1",
            ]) { _, new in new }
            .merging(environment) { _, new in new }
        var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = settings.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in argv + envp { free(word) } }
        var pid: pid_t = 0
        let status = posix_spawn(&pid, words[0], &actions, nil, &argv, &envp)
        close(ends[0])
        guard status == 0 else { throw NeverHappened(description: "\(words[0]) cannot be started: error \(status)") }
        self.pid = pid
        input = ends[1]
    }

    static let masterKey = String(repeating: "0f", count: 32)

    deinit {
        if status.withLock({ $0 == nil }) {
            Glibc.kill(pid, SIGKILL)
            _ = waitpid(pid, nil, 0)
        }
        close(input)
    }

    var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }

    func ready() async throws {
        try await eventually("the control plane serves: \(log.suffix(2000))", within: 60) { log.contains("ready http") }
    }

    /// Its exit code, or the signal that ended it as a negative number.
    func ended() async throws -> Int32 {
        try await eventually("the control plane ends: \(log.suffix(2000))", within: 30) {
            status.withLock { status in
                if let status { return status }
                var raw: Int32 = 0
                guard waitpid(pid, &raw, WNOHANG) == pid else { return nil }
                status = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : -(raw & 0x7F)
                return status
            }
        }
    }

    func kill(_ signal: Int32) { status.withLock { if $0 == nil { Glibc.kill(pid, signal) } } }

    /// Its runner of a plant: a process below it.
    func runner(of plant: String) -> ProcessView? {
        guard let runner = ProcessView.runner(of: plant), runner.isRunning,
            runner.parent?.parent?.parent?.pid == pid
        else { return nil }
        return runner
    }

    /// Where a runner's sockets stand, outside of its sandbox.
    static func socketDirectory(of runner: ProcessView) -> String? {
        guard let words = runner.parent?.parent?.arguments, let at = words.firstIndex(of: "/run/plant") else {
            return nil
        }
        return words[at - 1]
    }
}
