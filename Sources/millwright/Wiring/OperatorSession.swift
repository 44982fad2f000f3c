import Database
import Logging
import Primitives

/// What a command of the operator does on the database itself: everything is ready before, and put away after.
enum OperatorSession {
    static func run<Result: Sendable>(
        _ settings: Settings, _ body: (Domain) async throws -> Result
    ) async throws -> Result {
        let logger = Logger(label: "millwright")
        let data = try DataDirectory(path: settings.dataDirectory)
        let isOurs = settings.databaseHost == nil
        let wasRunning = isOurs ? try await PrivateCluster(data, logger: logger).isRunning() : true
        let prepared = try await PreparedDatabase.prepare(settings, data, logger: logger)
        let domain = try await Domain(settings, database: prepared.configuration, logger: logger)
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body(domain))
        } catch {
            outcome = .failure(error)
        }
        await domain.database.shutdown()
        // A cluster that this command started is stopped again; one that serves a control plane stays.
        if !wasRunning { try? await prepared.cluster?.stop() }
        return try outcome.get()
    }
}
