import Glibc
import Primitives

/// Runs the command that prints the master key. Only at start-up, so that it may block; with a deadline all the same.
enum CommandOutput {
    static let deadlineSeconds = 30
    private static let maximumBytes = 4096

    static func read(_ arguments: [String]) throws(VaultError) -> Redacted<String> {
        guard let program = arguments.first else { throw .masterKeyUnavailable("The master key command is empty.") }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else {
            throw .masterKeyUnavailable("The master key command \(program) cannot be started.")
        }
        defer { close(ends[0]) }
        // Neither end may reach another child that is started meanwhile; the copy on descriptor 1 is the child's own.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let child = spawn(arguments, output: ends[1])
        close(ends[1])
        guard let child else { throw .masterKeyUnavailable("The master key command \(program) cannot be started.") }
        let output = drain(ends[0])
        if output == nil { kill(child, SIGKILL) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        guard let output else {
            throw .masterKeyUnavailable(
                "The master key command \(program) did not end within \(deadlineSeconds) s, or printed too much.")
        }
        guard status == 0 else {
            throw .masterKeyUnavailable("The master key command \(program) failed (wait status \(status)).")
        }
        return Redacted(String(decoding: output, as: UTF8.self))
    }

    private static func spawn(_ arguments: [String], output: Int32) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        var child: pid_t = 0
        return posix_spawnp(&child, arguments[0], &actions, nil, &pointers, environ) == 0 ? child : nil
    }

    /// What is printed until the end; `nil` when that is too late or too much.
    private static func drain(_ descriptor: Int32) -> [UInt8]? {
        let end = ContinuousClock.now + .seconds(deadlineSeconds)
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: maximumBytes)
        while output.count <= maximumBytes {
            let left = (end - ContinuousClock.now).components.seconds
            var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard left >= 0, poll(&wanted, 1, Int32(left) * 1000 + 1000) > 0 else { return nil }
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { return output }
            guard count > 0 else { return nil }
            output += buffer[..<count]
        }
        return nil
    }
}
