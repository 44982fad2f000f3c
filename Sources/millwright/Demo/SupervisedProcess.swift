import Glibc
import Logging
import Primitives
import Subprocess
import Synchronization
import SystemPackage

/// A part of the demo that runs as a process of its own and is started again whenever it dies.
///
/// The child reads a pipe that we hold: it ends when the pipe closes, whatever became of us.
final class SupervisedProcess: Sendable {
    static let restartPauseMilliseconds = 200
    static let stopSeconds = 20

    private struct State {
        var pid: Int32?
        var starts = 0
        var program: String
    }

    let name: String
    private let arguments: [String]
    private let environment: [String: String]
    private let logPath: String
    private let state: Mutex<State>

    /// - Parameters:
    ///   - program: what is run; this very program when it is left out.
    ///   - environment: added to ours.
    init(
        name: String, program: String = "/proc/self/exe", arguments: [String], environment: [String: String] = [:],
        logPath: String
    ) {
        self.name = name
        state = Mutex(State(program: program))
        self.arguments = arguments
        self.environment = environment
        self.logPath = logPath
    }

    var pid: Int32? { state.withLock { $0.pid } }
    /// How often it was started; 1 when it never died.
    var starts: Int { state.withLock { $0.starts } }

    /// The next start is of another program, such as the next version.
    func replaceProgram(_ path: String) { state.withLock { $0.program = path } }

    /// Keeps the process running until the task is cancelled, then ends it in order.
    func run() async {
        while !Task.isCancelled {
            await once()
            if Task.isCancelled { break }
            try? await Task.sleep(for: .milliseconds(Self.restartPauseMilliseconds))
        }
    }

    private enum Happening { case exited, cancelled, timeout }

    private func once() async {
        let (stops, stop) = AsyncStream<Void>.makeStream()
        // Not a child task: the process must get the time to end in order. It is awaited here on every path.
        let process = Task { await serve(until: stops) }
        await withTaskCancellationHandler {
            await process.value
        } onCancel: {
            stop.finish()
        }
    }

    private func serve(until stops: AsyncStream<Void>) async {
        var options = PlatformOptions()
        // The terminal's Ctrl-C is ours to handle.
        options.createSession = true
        let extra = environment.map { (Environment.Key(rawValue: $0.key)!, Optional($0.value)) }
        do {
            let log = try FileDescriptor.open(
                FilePath(logPath), .writeOnly, options: [.create, .append], permissions: [.ownerReadWrite])
            _ = try await Subprocess.run(
                .path(FilePath(state.withLock { $0.program })), arguments: Arguments(arguments + ["--end-with-input"]),
                environment: .inherit.updating(Dictionary(uniqueKeysWithValues: extra)),
                platformOptions: options, input: .inputWriter, output: .sequence,
                error: .fileDescriptor(log, closeAfterSpawningProcess: true)
            ) { execution in
                state.withLock { state in
                    state.pid = execution.processIdentifier.value
                    state.starts += 1
                }
                await withTaskGroup(of: Happening.self) { group in
                    group.addTask {
                        do { for try await _ in execution.standardOutput {} } catch {}
                        return .exited
                    }
                    group.addTask {
                        for await _ in stops {}
                        return .cancelled
                    }
                    if await group.next() == .cancelled {
                        try? await execution.standardInputWriter.finish()
                        group.addTask {
                            try? await Task.sleep(for: .seconds(Self.stopSeconds))
                            return .timeout
                        }
                        if await group.next() == .timeout { try? execution.send(signal: .kill) }
                    }
                    group.cancelAll()
                }
            }
        } catch {
            Logger(label: "demo").error("\(name) cannot be started", metadata: ["reason": "\(error)"])
        }
        state.withLock { $0.pid = nil }
    }
}

/// Tells when standard input closes: whoever started the process has gone.
enum InputWatch {
    static func waitForEnd() async {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Box(continuation)).toOpaque()
        pthread_create(
            &thread, nil,
            { context in
                var byte: UInt8 = 0
                while read(STDIN_FILENO, &byte, 1) > 0 {}
                Unmanaged<Box>.fromOpaque(context!).takeRetainedValue().continuation.finish()
                return nil
            }, context)
        pthread_detach(thread)
        for await _ in stream {}
    }

    private final class Box {
        let continuation: AsyncStream<Void>.Continuation
        init(_ continuation: AsyncStream<Void>.Continuation) { self.continuation = continuation }
    }
}
