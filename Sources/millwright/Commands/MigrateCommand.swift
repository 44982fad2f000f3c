import ArgumentParser
import Database
import Logging

/// Brings the schema up to date.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the database to the schema of this program.",
        discussion: "Migrations only go forward. One that was edited after it was applied is refused.")

    @OptionGroup var options: SettingsOptions

    @Flag(help: "Only show what would be done.")
    var plan = false

    func run() async throws {
        let settings = try await options.settings()
        JSONLinesLogHandler.bootstrap(level: settings.logLevel)
        let data = try DataDirectory(path: settings.dataDirectory)
        let logger = Logger(label: "migrate")
        if plan, settings.databaseHost != nil {
            let configuration = DatabaseConfiguration(
                host: settings.databaseHost ?? "", port: settings.databasePort, database: settings.databaseName)
            let plan = try await Migrator(configuration, directory: settings.home + "/Migrations").plan()
            Terminal.writeLine("\(plan.applied.count) applied, \(plan.pending.count) to apply")
            for name in plan.pending { Terminal.writeLine("  + " + name) }
            return
        }
        let prepared = try await PreparedDatabase.prepare(settings, data, logger: logger)
        Terminal.writeLine("The schema is up to date.")
        try await prepared.cluster?.stop()
    }
}
