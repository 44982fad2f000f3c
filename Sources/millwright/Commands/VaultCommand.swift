import ArgumentParser
import Logging
import Primitives
import Vault

/// The master key.
struct VaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault", abstract: "Check the vault's master key, or change it.",
        subcommands: [Check.self, Rewrap.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Whether the master key opens this database's vault.")
        @OptionGroup var options: SettingsOptions

        func run() async throws {
            let settings = try await options.settings()
            JSONLinesLogHandler.bootstrap(level: settings.logLevel)
            try await OperatorSession.run(settings) { try await $0.vault.verifyMasterKey() }
            Terminal.writeLine("The master key opens the vault.")
        }
    }

    struct Rewrap: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Wrap every tenant's key with a new master key.",
            discussion:
                "The new key is made in the given file, which must not exist yet. Restart the control plane with it.")
        @OptionGroup var options: SettingsOptions
        @Option(help: "The file for the new master key.") var newKeyFile: String

        func run() async throws {
            let settings = try await options.settings()
            JSONLinesLogHandler.bootstrap(level: settings.logLevel)
            let count = try await OperatorSession.run(settings) { domain in
                try await domain.vault.rewrap(with: try MasterKeyFile.create(newKeyFile))
            }
            Terminal.writeLine("\(count) tenant keys are wrapped with the key in \(newKeyFile).")
        }
    }
}
