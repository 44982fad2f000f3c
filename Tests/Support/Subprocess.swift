import Foundation
import Glibc
import Synchronization

/// A program that a test talks to, ended with the test. Its standard input is a pipe that ends with this process.
package final class Subprocess: Sendable {
    package struct Failed: Error, CustomStringConvertible {
        package var description: String

        package init(description: String) { self.description = description }
    }

    private let pid: pid_t
    private let keepAlive: Int32
    private let lines: AsyncStream<String>
    private let status = Mutex<Int32?>(nil)

    package init(_ program: String, _ arguments: [String]) throws {
        var input: [Int32] = [0, 0]
        var output: [Int32] = [0, 0]
        guard pipe(&input) == 0, pipe(&output) == 0 else { throw Failed(description: "no pipe") }
        for descriptor in input + output { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, input[0], 0)
        posix_spawn_file_actions_adddup2(&actions, output[1], 1)
        posix_spawn_file_actions_adddup2(&actions, output[1], 2)
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        var pid: pid_t = 0
        let result = posix_spawnp(&pid, program, &actions, nil, &words, environ)
        for word in words { free(word) }
        posix_spawn_file_actions_destroy(&actions)
        close(input[0])
        close(output[1])
        guard result == 0 else {
            close(input[1])
            close(output[0])
            throw Failed(description: "\(program) cannot be started")
        }
        self.pid = pid
        keepAlive = input[1]
        lines = Self.lines(of: output[0])
    }

    /// The next line of its output; `nil` when it ended.
    package func line() async -> String? {
        for await line in lines { return line }
        return nil
    }

    /// The exit status, once the output has ended.
    private func wait() -> Int32 {
        status.withLock { status in
            if let status { return status }
            var raw: Int32 = 0
            waitpid(pid, &raw, 0)
            status = raw
            return raw
        }
    }

    deinit {
        if status.withLock({ $0 == nil }) { kill(pid, SIGKILL) }
        _ = wait()
        close(keepAlive)
    }

    /// A thread of its own reads: it blocks.
    private static func lines(of descriptor: Int32) -> AsyncStream<String> {
        let (stream, continuation) = AsyncStream<String>.makeStream()
        Thread.detachNewThread {
            var rest: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                guard count > 0 else { break }
                rest += buffer[..<count]
                while let end = rest.firstIndex(of: 0x0A) {
                    continuation.yield(String(decoding: rest[..<end], as: UTF8.self))
                    rest.removeSubrange(...end)
                }
            }
            close(descriptor)
            continuation.finish()
        }
        return stream
    }

    /// Runs a program to its end and answers what it wrote.
    package static func run(_ program: String, _ arguments: [String]) async throws -> String {
        let process = try Subprocess(program, arguments)
        var said: [String] = []
        while let line = await process.line() { said.append(line) }
        let text = said.joined(separator: "\n")
        guard process.wait() == 0 else { throw Failed(description: "\(program) failed: \(text)") }
        return text
    }
}
