import Dispatch
import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A runner's process as the control plane holds it: a pipe that it reads, a pipe that it writes, its number, and a
/// descriptor that says when it has ended.
///
/// Nothing here looks at a process while it lives: with a hundred warm runners an idle control plane sleeps. Its end is
/// told by the descriptor or by the end of its output, whichever comes first; only from then on it is waited for.
/// (`Subprocess.run` wakes a task once a second for every process that it waits for.) The output alone does not tell: a
/// sandbox that is killed while it starts may leave a part of itself behind, which holds it for ever.
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
    private let ending: Int32
    private let loop: any EventLoop
    private let state: Mutex<State>

    /// - Parameter ending: from `pidfd_open`.
    init(pid: pid_t, input: Int32, output: Int32, ending: Int32, loop: any EventLoop) {
        self.pid = pid
        self.output = output
        self.ending = ending
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

    /// Returns when it has ended, or when the task is cancelled. To be called once.
    func hasEnded() async {
        // Dispatch and not NIO, which would try to read: there is nothing to be read from such a descriptor.
        let source = DispatchSource.makeReadSource(fileDescriptor: ending)
        let (ends, end) = AsyncStream<Void>.makeStream()
        source.setEventHandler { end.finish() }
        source.setCancelHandler { [ending] in close(ending) }
        source.activate()
        for await _ in ends {}
        source.cancel()
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

    /// Ends what it has left behind in its process group. It must have ended, and not have been waited for: until then nobody
    /// else's group has its number.
    func killRemains() {
        state.withLock { state in
            if state.end == nil { Glibc.kill(-pid, SIGKILL) }
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
