import Database
import Execution
import Logging
import Primitives

/// What the doctor says of the months, where there is a database that runs: it starts none.
enum RetentionNotes {
    static func notes(_ settings: Settings) async -> [String] {
        do {
            let logger = Logger(label: "doctor")
            if settings.databaseHost == nil {
                let cluster = try PrivateCluster(DataDirectory(path: settings.dataDirectory), logger: logger)
                guard try await cluster.isRunning() else { return [] }
            }
            let prepared = try await PreparedDatabase.prepare(
                settings, DataDirectory(path: settings.dataDirectory), migrates: false, logger: logger)
            let database = Database(prepared.configuration, logger: logger)
            let found: [String]
            do {
                found = try await look(database, settings, logger)
            } catch {
                found = ["months of events and journals: \(error)"]
            }
            await database.shutdown()
            return found
        } catch {
            return ["months of events and journals: \(error)"]
        }
    }

    private static func look(_ database: Database, _ settings: Settings, _ logger: Logger) async throws -> [String] {
        let result = try await Retention(database: database, policy: settings.retention, logger: logger).look()
        return result.strays.map { "\($0.name) holds \($0.bytes) bytes: see 'Retention' in Docs/OPERATIONS.md" }
    }
}
