import CSpawn
import NIOCore
import NIOPosix
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

extension RunnerProcess {
    struct StartFailed: Error, CustomStringConvertible {
        let description: String

        init(_ what: String, _ code: Int32) { description = "\(what): \(Errno(rawValue: code))" }
    }

    /// Starts a program in a session of its own, with three descriptors and no signal held back or ignored.
    ///
    /// From a thread that lives as long as we do: bubblewrap's parent-death signal is sent when the *thread* ends that
    /// started it. NIO's own pool of threads for such calls is never shut down.
    ///
    /// - Parameters:
    ///   - words: the program's path and its arguments.
    ///   - environment: `NAME=value`.
    /// - Throws: `StartFailed`, with the system's reason.
    static func start(_ words: [String], environment: [String], on loop: any EventLoop) async throws -> RunnerProcess {
        try await NIOThreadPool.singleton.runIfActive {
            let input = try Pipe()
            defer { close(input.reading) }
            let output: Pipe
            do {
                output = try Pipe()
            } catch {
                close(input.writing)
                throw error
            }
            defer { close(output.writing) }
            do {
                let pid = try spawn(words, environment, input: input.reading, output: output.writing)
                let ending = pidfd_open(pid, 0)
                guard ending >= 0 else {
                    let reason = errno
                    Glibc.kill(-pid, SIGKILL)
                    waitpid(pid, nil, 0)
                    throw StartFailed("watching a runner", reason)
                }
                return RunnerProcess(
                    pid: pid, input: input.writing, output: output.reading, ending: ending, loop: loop)
            } catch {
                close(input.writing)
                close(output.reading)
                throw error
            }
        }
    }

    /// Both ends are closed in whatever else is started meanwhile, and stand above the three that a child is given.
    private struct Pipe {
        let reading: Int32
        let writing: Int32

        init() throws(StartFailed) {
            var ends: [Int32] = [-1, -1]
            guard pipe2(&ends, O_CLOEXEC) == 0 else { throw StartFailed("a pipe for a runner", errno) }
            (reading, writing) = (ends[0], ends[1])
            guard reading > STDERR_FILENO, writing > STDERR_FILENO else {
                for end in ends { close(end) }
                throw StartFailed("start the control plane with its standard input, output and error open", EBADF)
            }
        }
    }

    private static func spawn(
        _ words: [String], _ environment: [String], input: Int32, output: Int32
    ) throws(StartFailed) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        // The terminal's Ctrl-C is ours to handle: runners are asked to drain.
        let flags = Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | spawn_in_new_session
        posix_spawnattr_setflags(&attributes, flags)

        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        let variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { for word in arguments + variables { free(word) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, words[0], &actions, &attributes, arguments, variables)
        guard code == 0 else { throw StartFailed(words[0], code) }
        return pid
    }
}
