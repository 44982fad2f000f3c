import ArgumentParser
import Glibc
import Logging
import Primitives
import Provisioning
import Redis

/// What this machine lacks.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check whether everything that the platform needs is here.")

    @OptionGroup var options: SettingsOptions

    func run() async throws {
        let settings = try await options.settings()
        JSONLinesLogHandler.bootstrap(level: settings.logLevel)
        let logger = Logger(label: "doctor")
        var isWell = true
        func report(_ what: String, _ trouble: String?) {
            Terminal.writeLine("\(trouble == nil ? "ok     " : "MISSING")  \(what)\(trouble.map { ": " + $0 } ?? "")")
            if trouble != nil { isWell = false }
        }
        do {
            let programs = try PostgresPrograms.find()
            report("PostgreSQL \(programs.major) in \(programs.directory)", nil)
        } catch {
            report("PostgreSQL", "\(error)")
        }
        let hasRunner = access(settings.runnerPath, X_OK) == 0
        report("runner \(settings.runnerPath)", hasRunner ? nil : "it is not there or cannot be run")
        let driver = LocalProcessDriver(
            runnerPath: try hasRunner
                ? RunnerCopy.place(settings.runnerPath, DataDirectory(path: settings.dataDirectory))
                : settings.runnerPath,
            bubblewrapPath: settings.bubblewrapPath,
            account: Account.ofRunners.map { .init(userID: $0.userID, groupID: $0.groupID) }, logger: logger)
        let missing = await driver.missingProtections()
        report("sandbox for runners", missing.isEmpty ? nil : missing.joined(separator: "; "))
        let processes = ProcessSandbox(
            bubblewrapPath: settings.bubblewrapPath,
            account: Account.ofRunners.map { .init(userID: $0.userID, groupID: $0.groupID) })
        let missingForProcesses = processes.missingInterpreters() + (await processes.missingProtections())
        report(
            "scripts and shell commands of workflows",
            missingForProcesses.isEmpty ? nil : missingForProcesses.joined(separator: "; "))
        // Advice, and no part that is missing: a laptop has none.
        if let bound = ServiceMemoryBound.missing() { Terminal.writeLine("note     memory: \(bound)") }
        for folder in ["Migrations", "Templates", "Tenants", "Connectors"] {
            let path = settings.home + "/" + folder
            report(path, TenantFiles.isFolder(path) ? nil : "the folder is not there; set MILLWRIGHT_HOME")
        }
        if let endpoint = settings.redis {
            // Looked at once, by a person: it may take longer than a request would wait.
            let redis = RedisClient(endpoint, timeoutMilliseconds: 2000)
            do {
                _ = try await redis.send(["PING"])
                report("Redis \(endpoint)", nil)
            } catch {
                report("Redis \(endpoint)", error.message)
            }
        }
        for note in await RetentionNotes.notes(settings) { Terminal.writeLine("note     " + note) }
        if !isWell { throw ExitCode(1) }
    }
}
