import Connectors
import Logging
import NIOCore
import NIOPosix
import Primitives
import RunnerProtocol

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The runner as a process: arguments, hardening, one event loop on the main thread, and the loop that does the work.
package enum RunnerProcess {
    private static let usageExit: Int32 = 64

    /// - Parameter arguments: without the program's name.
    package static func main(_ arguments: [String]) -> Never {
        if arguments.contains("--help") || arguments.contains("-h") {
            print(RunnerArguments.usage)
            exit(0)
        }
        if arguments == ["--check-protections"] {
            for protection in ProtectionCheck.run() { print(protection) }
            exit(0)
        }
        let settings: RunnerArguments
        do {
            settings = try RunnerArguments(arguments)
        } catch {
            complain("\(error)\n\n\(RunnerArguments.usage)\n")
            exit(usageExit)
        }
        let missing = ProcessHardening.apply()
        let logger = logger(settings)
        if !missing.isEmpty {
            logger.warning("protections are missing", metadata: ["missing": "\(missing.joined(separator: ", "))"])
        }
        MultiThreadedEventLoopGroup.withCurrentThreadAsEventLoop { loop in
            // The root of everything the process does: it lives as long as the process and ends it.
            Task(executorPreference: RelayTaskExecutor { loop.execute($0) }) {
                let end = await run(settings, on: loop, logger)
                logger.info("leaving", metadata: ["end": "\(end)"])
                exit(end.rawValue)
            }
        }
        exit(1)
    }

    private static func run(_ settings: RunnerArguments, on loop: any EventLoop, _ logger: Logger) async -> RunnerEnd {
        let limits = RunnerLimits()
        let opener = CredentialOpener()
        let effects = ConnectorEffects(
            opener: opener, dialer: GatewayDialer(socketPath: settings.socketDirectory + "/egress.sock", group: loop),
            loop: loop, plantID: settings.plantID, processSocket: settings.socketDirectory + "/processes.sock")
        let transport = UnixSyncTransport(
            socketPath: settings.socketDirectory + "/sync.sock", loop: loop, limits: limits)
        let runner = RunnerLoop(
            transport: transport, performer: effects, settings: effects,
            pause: { try await loop.pause(seconds: $0) }, logger: logger)
        StopSignals.watch(on: loop) { runner.stop() }
        let identity = RunnerIdentity(
            runnerID: settings.runnerID, epoch: settings.epoch, publicKey: opener.publicKey)
        return await runner.run(identity, limits: limits)
    }

    private static func logger(_ settings: RunnerArguments) -> Logger {
        var logger = Logger(label: "millwright.runner") { _ in JSONLineLog(level: settings.logLevel) }
        logger[metadataKey: "runner"] = "\(settings.runnerID)"
        logger[metadataKey: "epoch"] = "\(settings.epoch)"
        return logger
    }

    private static func complain(_ text: String) {
        let bytes = Array(text.utf8)
        bytes.withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
