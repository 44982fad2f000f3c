import Foundation
import Glibc
import Primitives
import Redis
import Synchronization
import TestSupport

/// A real Redis on a Unix socket of its own, ended with the test. A machine without it fails the test.
final class RedisServer: Sendable {
    private struct Running {
        var shell: Subprocess
        var pid: pid_t
    }

    private let directory: String
    private let password: String?
    private let running = Mutex<Running?>(nil)

    var socket: String { directory + "/redis.sock" }

    init(password: String? = nil) async throws {
        var template = Array("/tmp/mwr-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Subprocess.Failed(description: "no directory") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.password = password
        try await start()
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// The server ends when its shell's input does, also when this process is killed.
    private static let script = """
        redis-server --port 0 --unixsocket "$1" --save '' --appendonly no --dir "$2" ${3:+--requirepass "$3"} 2>&1 &
        echo "pid $!"
        read -r _
        kill -9 $!
        """

    /// Starts it, and returns when it takes connections.
    func start() async throws {
        let shell = try Subprocess(
            "/bin/sh", ["-c", Self.script, "sh", socket, directory] + (password.map { [$0] } ?? []))
        var pid: pid_t?
        var log: [String] = []
        while let line = await shell.line() {
            log.append(line)
            if line.hasPrefix("pid ") { pid = pid_t(line.dropFirst(4)) }
            if line.lowercased().contains("ready to accept connections"), let pid {
                running.withLock { $0 = Running(shell: shell, pid: pid) }
                return
            }
        }
        throw Subprocess.Failed(description: "redis-server did not start: \(log.joined(separator: " | "))")
    }

    /// As a crash ends it.
    func stop() {
        running.withLock { running in
            if let server = running { kill(server.pid, SIGKILL) }
            running = nil
        }
    }

    /// It is there and says nothing: connections are taken, nothing is answered.
    func freeze() { running.withLock { _ = $0.map { kill($0.pid, SIGSTOP) } } }
    func thaw() { running.withLock { _ = $0.map { kill($0.pid, SIGCONT) } } }

    func endpoint(password: String? = nil) -> RedisEndpoint {
        RedisEndpoint(.unix(socket), password: (password ?? self.password).map { Redacted($0) })
    }

    /// A client that waits as long as a busy machine needs.
    func patientClient() -> RedisClient { RedisClient(endpoint(), timeoutMilliseconds: 20_000) }
}
