package import Logging
import Primitives
import Subprocess
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// Runners as processes of this machine, each confined with bubblewrap.
///
/// The runner reads a pipe that we hold open: closing it asks the runner to drain. A control plane that goes away in
/// whatever manner closes it too, and bubblewrap's parent-death signal ends what is left. (That signal is sent when the
/// *thread* that started the process ends; Subprocess starts processes from one thread that lives as long as we do.)
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

    package func missingProtections() async -> [String] {
        var missing: [String] = []
        let probe = SandboxArguments(
            runner: "/bin/true", runnerArguments: [], socketDirectory: "/tmp",
            libraryDirectories: Self.libraryDirectories(), exists: Self.exists)
        let command = AccountSwitch.command(bubblewrapPath, probe.values, as: account)
        let result = try? await Subprocess.run(
            .path(command.executable), arguments: Arguments(command.arguments), platformOptions: platformOptions(),
            input: .none, output: .discarded, error: .string(limit: 4096))
        if let result, case .exited(0) = result.terminationStatus { return missing }
        let reason = result?.standardError.split(separator: "\n").first.map(String.init) ?? "it cannot be started"
        missing.append("bubblewrap (\(reason))")
        return missing
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

    private enum Happening { case exited, askedToStop, drainTimeout }

    private func confined(
        _ specification: RunnerSpecification, _ arguments: SandboxArguments, until stops: AsyncStream<Void>
    ) async throws -> RunnerExit {
        let command = AccountSwitch.command(bubblewrapPath, arguments.values, as: account)
        let result = try await Subprocess.run(
            .path(command.executable), arguments: Arguments(command.arguments),
            environment: .custom(["PATH": "/usr/bin:/bin"]), platformOptions: platformOptions(),
            input: .inputWriter, output: .sequence, error: .currentStandardError
        ) { execution in
            logger.debug(
                "runner started",
                metadata: [
                    "plant": "\(specification.plant)", "epoch": "\(specification.epoch)",
                    "pid": "\(execution.processIdentifier.value)",
                ])
            await withTaskGroup(of: Happening.self) { group in
                // The runner writes nothing to its output: it ends when the runner does.
                group.addTask {
                    do { for try await _ in execution.standardOutput {} } catch {}
                    return .exited
                }
                group.addTask {
                    for await _ in stops {}
                    return .askedToStop
                }
                if await group.next() == .askedToStop {
                    try? await execution.standardInputWriter.finish()
                    group.addTask {
                        try? await Task.sleep(for: .seconds(specification.drainSeconds))
                        return .drainTimeout
                    }
                    if await group.next() == .drainTimeout { try? execution.send(signal: .kill) }
                }
                group.cancelAll()
            }
        }
        return Self.exit(from: result.terminationStatus)
    }

    private func platformOptions() -> PlatformOptions {
        var options = PlatformOptions()
        options.createSession = true
        return options
    }

    private static func exit(from status: TerminationStatus) -> RunnerExit {
        switch status {
        case .exited(0): .drained
        case .exited(let code) where Int32(code) == RunnerExit.supersededCode: .superseded
        case .exited(let code): .failed(code: Int32(code))
        case .signaled(let signal): .killed(signal: Int32(signal))
        }
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
