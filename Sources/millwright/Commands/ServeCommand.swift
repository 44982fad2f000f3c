import ArgumentParser
import Insight
import Logging
import Metrics
import Primitives
import ServiceLifecycle
import UnixSignals
import Vault

/// The control plane.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the control plane and, on this machine, the plants' runners.",
        discussion: "Without --database-host it starts a private PostgreSQL cluster in the data directory.")

    @OptionGroup var options: SettingsOptions

    @Flag(help: .hidden)
    var endWithInput = false

    func run() async throws {
        let settings = try await options.settings()
        JSONLinesLogHandler.bootstrap(level: settings.logLevel)
        let metrics = PrometheusRegistry()
        MetricsSystem.bootstrap(metrics)
        let logger = Logger(label: "millwright")
        let data = try DataDirectory(path: settings.dataDirectory)
        let prepared = try await PreparedDatabase.prepare(settings, data, logger: logger)
        let domain = try await Domain(settings, database: prepared.configuration, logger: logger)
        try await domain.vault.verifyMasterKey()
        let controlPlane = ControlPlane(domain, data, metrics: metrics, logger: logger)
        var services = try await controlPlane.services { address in
            logger.notice("ready", metadata: ["address": "\(address)"])
            Terminal.writeLine("ready \(address)")
        }
        if endWithInput { services.append(InputEnd()) }
        let group = ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: [.sigterm, .sigint, .sighup], logger: logger))
        do {
            try await group.run()
        } catch {
            try? await prepared.cluster?.stop()
            throw error
        }
        try await prepared.cluster?.stop()
    }
}

/// Ends, and with it the process, when standard input closes.
struct InputEnd: Service {
    func run() async throws {
        await cancelWhenGracefulShutdown { await InputWatch.waitForEnd() }
    }
}
