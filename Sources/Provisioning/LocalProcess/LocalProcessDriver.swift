package import Logging
import NIOCore
import NIOPosix
import Primitives
import Subprocess
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// Runners as processes of this machine, each confined with bubblewrap.
///
/// The runner reads a pipe that we hold open: closing it asks the runner to drain. A control plane that goes away in
/// whatever manner closes it too, and bubblewrap's parent-death signal ends what is left.
package struct LocalProcessDriver: RunnerDriver {
    /// The account that runners get when the control plane is started as root.
    package struct Account: Sendable, Equatable {
        package var userID: UInt32
        package var groupID: UInt32
        package init(userID: UInt32, groupID: UInt32) {
            self.userID = userID
            self.groupID = groupID
        }
        /// `nobody` of Debian.
        package static let nobody = Account(userID: 65534, groupID: 65534)
    }

    package let name = "local-process"
    private let runnerPath: String
    private let bubblewrapPath: String
    private let account: Account?
    private let logger: Logger

    /// - Parameters:
    ///   - runnerPath: the `millwright-runner` executable.
    ///   - account: whom the runner runs as; `nil` keeps the user of the control plane, who is then not root.
    package init(runnerPath: String, bubblewrapPath: String, account: Account?, logger: Logger) {
        self.runnerPath = runnerPath
        self.bubblewrapPath = bubblewrapPath
        self.account = account
        self.logger = logger
    }

    /// Starts the runner itself, which takes on its own protections and tries whether they hold.
    package func missingProtections() async -> [String] {
        let check = SandboxArguments(
            runner: runnerPath, runnerArguments: ["--check-protections"], socketDirectory: "/tmp",
            libraryDirectories: Self.libraryDirectories(), exists: Self.exists)
        let result: ExecutionResult<Void, StringOutput<UTF8>, StringOutput<UTF8>>
        guard Self.exists(bubblewrapPath) else { return ["bubblewrap (\(bubblewrapPath) is not there)"] }
        let command = AccountSwitch.command(bubblewrapPath, check.values, as: account)
        do {
            result = try await Subprocess.run(
                .path(command.executable), arguments: Arguments(command.arguments),
                environment: .custom(["PATH": Self.searchPath]), platformOptions: Self.platformOptions, input: .none,
                output: .string(limit: 1 << 14), error: .string(limit: 1 << 14))
        } catch {
            return ["bubblewrap (\(command.executable) cannot be started: \(error))"]
        }
        guard case .exited(0) = result.terminationStatus else {
            let reason = result.standardError.split(separator: "\n").first ?? "\(result.terminationStatus)"
            return [reason.hasPrefix("bwrap:") ? "bubblewrap (\(reason))" : "runner (\(reason))"]
        }
        return result.standardOutput.split(separator: "\n").map(String.init)
    }

    package func run(_ specification: RunnerSpecification) async throws -> RunnerExit {
        let arguments = SandboxArguments(
            runner: runnerPath,
            runnerArguments: [
                "--socket-directory", SandboxArguments.socketDirectoryInside,
                "--runner-id", specification.runnerID.description,
                "--epoch", String(specification.epoch),
                "--plant-id", specification.plant.plantID?.description ?? "",
                "--log-level", specification.logLevel,
            ],
            socketDirectory: specification.socketDirectory,
            libraryDirectories: Self.libraryDirectories(), exists: Self.exists)
        let (stops, stop) = AsyncStream<Void>.makeStream()
        // Not a child task: cancellation must reach the runner as a request to drain, and not end its process at once.
        // It cannot outlive this call, which awaits it on every path.
        let process = Task { try await confined(specification, arguments, until: stops) }
        return try await withTaskCancellationHandler {
            try await process.value
        } onCancel: {
            stop.finish()
        }
    }

    private enum Happening { case outputEnded, ended, askedToStop, timeIsUp }
    /// How long the output of a runner that has ended is read.
    private static let lastWordsSeconds = 2

    private func confined(
        _ specification: RunnerSpecification, _ arguments: SandboxArguments, until stops: AsyncStream<Void>
    ) async throws -> RunnerExit {
        let command = AccountSwitch.command(bubblewrapPath, arguments.values, as: account)
        let log = RunnerLog(plant: specification.plant, epoch: specification.epoch, logger: logger)
        let process = try await RunnerProcess.start(
            [command.executable.string] + command.arguments,
            environment: ["PATH=" + Self.searchPath], on: MultiThreadedEventLoopGroup.singleton.any())
        logger.debug(
            "runner started",
            metadata: [
                "plant": "\(specification.plant)", "epoch": "\(specification.epoch)", "pid": "\(process.pid)",
            ])
        await watch(process, log, drainSeconds: specification.drainSeconds, until: stops)
        // It has ended, or was killed, or closed its output and goes on: then it has this long to drain.
        switch await process.end(within: .seconds(specification.drainSeconds)) {
        case .exited(let code): return RunnerExit(code: code, saying: log.lastTrouble)
        case .signalled(let signal): return .killed(signal: signal)
        case .unknown: return .failed(code: -1, saying: "how it ended is not known")
        }
    }

    /// Returns when its output or it itself has ended, or when it was killed because its time to drain was up.
    private func watch(
        _ process: RunnerProcess, _ log: RunnerLog, drainSeconds: Int, until stops: AsyncStream<Void>
    ) async {
        await withTaskGroup(of: Happening.self) { group in
            group.addTask {
                do {
                    try await process.readOutput { log.take(Array($0.readableBytesView)) }
                } catch {
                    // It was killed, or it is asked to leave: nobody would see what it says.
                    if !Task.isCancelled {
                        logger.warning("a runner's output cannot be read", metadata: ["reason": "\(error)"])
                    }
                }
                log.finish()
                return .outputEnded
            }
            group.addTask {
                await process.hasEnded()
                return .ended
            }
            group.addTask {
                for await _ in stops {}
                return .askedToStop
            }
            func limit(_ seconds: Int) {
                group.addTask {
                    try? await Task.sleep(for: .seconds(seconds))
                    return .timeIsUp
                }
            }
            var last = await group.next()
            process.closeInput()
            if last == .askedToStop {
                limit(drainSeconds)
                last = await group.next()
                if last == .timeIsUp { process.kill() }
            }
            if last == .ended {
                // Whoever still has the output was left behind by it: what can be is killed, what drains drains.
                process.killRemains()
                limit(Self.lastWordsSeconds)
                repeat { last = await group.next() } while last == .askedToStop
                if last == .timeIsUp {
                    logger.warning("a runner left something behind", metadata: ["pid": "\(process.pid)"])
                }
            }
            group.cancelAll()
        }
    }

    /// All that the environment holds, nothing of ours: bubblewrap stands between us and the runner and needs no more to
    /// find its programs.
    private static let searchPath = "/usr/bin:/bin"

    /// The terminal's Ctrl-C is ours to handle: runners are asked to drain.
    private static var platformOptions: PlatformOptions {
        var options = PlatformOptions()
        options.createSession = true
        return options
    }

    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Where this very process has its Swift libraries from: the runner was built with it.
    static func libraryDirectories() -> [String] {
        guard let file = fopen("/proc/self/maps", "r") else { return [] }
        defer { fclose(file) }
        var directories: Set<String> = []
        var buffer = [CChar](repeating: 0, count: 8192)
        while fgets(&buffer, Int32(buffer.count), file) != nil {
            let line = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard let slash = line.firstIndex(of: "/"), line.contains(".so") else { continue }
            let path = line[slash...].split(separator: "\n").first ?? ""
            guard let last = path.lastIndex(of: "/") else { continue }
            let directory = String(path[..<last])
            if !SandboxArguments.readOnlyDirectories.contains(where: { directory.hasPrefix($0) }) {
                directories.insert(directory)
            }
        }
        return directories.sorted()
    }
}
