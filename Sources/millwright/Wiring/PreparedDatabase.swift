import Database
import Logging
import Primitives

/// The database that the settings name, brought to the schema of this program: the private cluster of the data
/// directory, or a server that is given.
struct PreparedDatabase: Sendable {
    let configuration: DatabaseConfiguration
    /// `nil` when the server is somebody else's to start and stop.
    let cluster: PrivateCluster?

    /// - Parameter migrates: brings the schema up to date; without it a schema that is behind is an error.
    static func prepare(
        _ settings: Settings, _ data: DataDirectory, migrates: Bool = true, logger: Logger
    ) async throws -> PreparedDatabase {
        guard let host = settings.databaseHost else {
            let cluster = try PrivateCluster(data, logger: logger)
            try await cluster.start()
            let configuration = DatabaseConfiguration(
                host: cluster.socketDirectory, port: cluster.port, database: settings.databaseName)
            try await ClusterBootstrap(configuration, superuser: cluster.superuser).ensure()
            try await migrate(configuration, settings, applies: migrates)
            return PreparedDatabase(configuration: configuration, cluster: cluster)
        }
        var configuration = DatabaseConfiguration(
            host: host, port: settings.databasePort, database: settings.databaseName)
        configuration.preparedStatements = settings.preparedStatements
        if let direct = settings.databaseDirectHost {
            configuration.directHost = direct
            configuration.directPort = settings.databaseDirectPort
        }
        configuration.passwords.app = EnvironmentText.value("MILLWRIGHT_DATABASE_APP_PASSWORD").map { Redacted($0) }
        configuration.passwords.platform = EnvironmentText.value("MILLWRIGHT_DATABASE_PLATFORM_PASSWORD")
            .map { Redacted($0) }
        configuration.passwords.owner = EnvironmentText.value("MILLWRIGHT_DATABASE_OWNER_PASSWORD").map { Redacted($0) }
        try await migrate(configuration, settings, applies: migrates)
        return PreparedDatabase(configuration: configuration, cluster: nil)
    }

    /// How long a server may be away that is just being started, or failed over, at the same time.
    private static let patienceSeconds = 30.0

    /// Asks again while nobody answers: the server may have been started together with us.
    private static func patiently(_ body: () async throws -> Void) async throws {
        let deadline = ContinuousClock.now + .seconds(patienceSeconds)
        while true {
            do {
                return try await body()
            } catch let error as DatabaseError
                where (error.kind == .unavailable || error.kind == .connectionLost) && ContinuousClock.now < deadline
            {
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    private static func migrate(
        _ configuration: DatabaseConfiguration, _ settings: Settings, applies: Bool
    ) async throws {
        let migrator = Migrator(configuration, directory: settings.home + "/Migrations")
        if applies { return try await patiently { _ = try await migrator.apply() } }
        let pending = try await migrator.plan().pending
        guard pending.isEmpty else {
            throw Problem(
                .unavailable, "The database lacks \(pending.count) migrations. Run 'millwright migrate' first.",
                items: pending.map { .init(path: $0, message: "is not applied") })
        }
    }
}
