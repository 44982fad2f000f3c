import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A runner's process as the control plane holds it: a pipe that it reads, a pipe that it writes, and its number.
///
/// Nothing here looks at a process while it lives: with a hundred warm runners an idle control plane sleeps. Its end is
/// the end of its output, which its sandbox and it alone hold; only from then on it is waited for. (`Subprocess.run` wakes
/// a task once a second for every process that it waits for.)
///
/// `kill` and `end` must be used until `end` has answered: before, the process is a zombie once it has ended.
final class RunnerProcess: Sendable {
    enum End: Sendable, Equatable {
        case exited(code: Int32)
        case signalled(Int32)
        /// Somebody else of this process has waited for it.
        case unknown
    }

    private struct State {
        /// Our end of what it reads; `nil` once it was closed.
        var input: Int32?
        /// From then on its number may be somebody else's.
        var end: End?
    }

    let pid: pid_t
    private let output: Int32
    private let loop: any EventLoop
    private let state: Mutex<State>

    init(pid: pid_t, input: Int32, output: Int32, loop: any EventLoop) {
        self.pid = pid
        self.output = output
        self.loop = loop
        state = Mutex(State(input: input))
    }

    /// Hands on what it writes, to the end or until the task is cancelled. To be called once.
    func readOutput(_ take: (ByteBuffer) -> Void) async throws {
        let channel = try await NIOPipeBootstrap(group: loop).takingOwnershipOfDescriptor(input: output) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, Never>(wrappingChannelSynchronously: channel)
            }
        }
        try await channel.executeThenClose { output in
            for try await bytes in output { take(bytes) }
        }
    }

    /// What it reads ends: a runner drains then.
    func closeInput() {
        state.withLock { state in
            if let input = state.input { close(input) }
            state.input = nil
        }
    }

    /// Does nothing when it has ended.
    func kill() {
        state.withLock { state in
            if state.end == nil { Glibc.kill(pid, SIGKILL) }
        }
    }

    static let firstLookMilliseconds: Int64 = 1
    static let longestPauseMilliseconds: Int64 = 200

    /// Waits for a process whose output has ended or that was killed; one that goes on all the same is killed then.
    func end(within patience: Duration) async -> End {
        let deadline = ContinuousClock.now + patience
        var pause = Self.firstLookMilliseconds
        while true {
            if let end = look() {
                closeInput()
                return end
            }
            if ContinuousClock.now >= deadline { kill() }
            // The loop's timer and not a task's sleep, which a cancelled task does not get.
            try? await loop.scheduleTask(in: .milliseconds(pause)) {}.futureResult.get()
            pause = min(pause * 2, Self.longestPauseMilliseconds)
        }
    }

    private func look() -> End? {
        state.withLock { state in
            if let end = state.end { return end }
            var status: Int32 = 0
            let answer = waitpid(pid, &status, WNOHANG)
            if answer == pid {
                let signal = status & 0x7F
                state.end = signal == 0 ? .exited(code: (status >> 8) & 0xFF) : .signalled(signal)
            } else if answer == -1, errno != EINTR {
                state.end = .unknown
            }
            return state.end
        }
    }
}
