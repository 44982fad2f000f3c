package import Logging
import Primitives
import ServiceLifecycle

/// PostgreSQL, reached only through transactions that were opened for a scope.
///
/// It holds two pools, one for each login role: tenant scopes run as `millwright_app` under row-level security, the
/// platform scope as `millwright_platform`. Connections are opened when they are first needed, so that it works as soon
/// as it is made; `run()` shuts it down in order when the process stops.
package final class Database: Service {
    private let app: ConnectionPool
    private let platform: ConnectionPool
    private let listener: NotificationListener
    private let meter = DatabaseMeter()
    package let configuration: DatabaseConfiguration

    /// - Parameter gate: the simulation's; a process that serves has none.
    package init(_ configuration: DatabaseConfiguration, gate: (any RoundTripGate)? = nil, logger: Logger) {
        self.configuration = configuration
        app = ConnectionPool(
            role: .app, size: configuration.limits.appConnections, configuration: configuration, meter: meter,
            gate: gate, logger: logger)
        platform = ConnectionPool(
            role: .platform, size: configuration.limits.platformConnections, configuration: configuration,
            meter: meter, gate: gate, logger: logger)
        listener = NotificationListener(configuration, logger: logger)
    }

    deinit {
        app.stop()
        platform.stop()
        listener.stop()
    }

    /// Waits until the process stops, then lets the transactions under way end.
    package func run() async throws {
        try? await gracefulShutdown()
        await shutdown()
    }

    /// Refuses new requests, waits for those under way (at most `limits.shutdownGrace`), and closes every connection.
    package func shutdown() async {
        listener.stop()
        await app.shutdown()
        await platform.shutdown()
    }

    package var statistics: DatabaseStatistics { meter.statistics }

    /// Notifications of a channel, from a session of its own. Every session may listen to every channel: a
    /// payload must hold nothing of a tenant but identifiers.
    package func listen(_ channel: String) -> AsyncStream<Notification> { listener.listen(channel) }

    func pool(for scope: TenantScope) -> ConnectionPool { scope == .platform ? platform : app }
}
