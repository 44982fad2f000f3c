import Configuration
import Connectors
import Execution
import Glibc
import Logging
import Primitives
import Redis
import SystemPackage
import Vault
import Web

/// Everything that can be set, from flags, then the environment (`MILLWRIGHT_…`), then a file; read once, and every
/// problem named at once.
struct Settings: Sendable {
    /// The checkout or the place of installation: `Templates/`, `Tenants/`, `Connectors/`, `Migrations/` stand there.
    var home: String
    var dataDirectory: String
    var host: String
    /// 0 takes any free port.
    var port: Int
    var logLevel: Logger.Level
    var mode: Mode
    /// Whether browsers reach the portal by `https` alone, so that its cookie never travels without.
    var portalNeedsHTTPS: Bool
    /// `nil` uses the private cluster of the data directory.
    var databaseHost: String?
    var databasePort: Int
    var databaseName: String
    var preparedStatements: Bool
    /// The server itself, where `databaseHost` is a pooler: for what needs a session of its own.
    var databaseDirectHost: String?
    var databaseDirectPort: Int
    var masterKey: MasterKeySource
    var runnerPath: String
    var bubblewrapPath: String
    /// `nil` counts rate limits in the process.
    var redis: RedisEndpoint?
    /// `nil` does not limit principals.
    var rateLimit: RequestRate?
    /// Reverse proxies whose word about where a request comes from is taken.
    var trustedProxies: [HostPattern]
    /// The networks without public addresses that plants' egress rules may open at all.
    var privateNetworks: PrivateNetworks
    /// The host names under which people reach the platform itself; no tenant may have them.
    var publicNames: [String]
    /// Whole months of events and of journals that are kept; 0 keeps all.
    var retention: RetentionPolicy
    /// For how many days a repeated event is recognised.
    var duplicates: DuplicateWindow

    enum Mode: String, Sendable, CaseIterable {
        case development
        /// Refuses to start with a sandbox that lacks a protection.
        case production
    }
}

extension Settings {
    /// - Parameters:
    ///   - flags: what the command line gave, by key (`data-dir`); it goes before everything else.
    ///   - file: a YAML file with the same keys; `millwright.yaml` in the data directory's parent when there is one.
    static func read(flags: [String: String], file: String?) async throws -> Settings {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (key, value) in flags { values[AbsoluteConfigKey([key])] = ConfigValue(.string(value), isSecret: false) }
        var providers: [any ConfigProvider] = [
            InMemoryProvider(name: "flags", values: values),
            EnvironmentVariablesProvider(secretsSpecifier: .specific(["MILLWRIGHT_MASTER_KEY"]))
                .prefixKeys(with: ["millwright"]),
        ]
        var reader = SettingsReader(ConfigReader(providers: providers))
        let home = reader.text("home", default: defaultHome)
        let path = file ?? home + "/millwright.yaml"
        do {
            providers.append(
                try await FileProvider<YAMLSnapshot>(filePath: FilePath(path), allowMissing: file == nil))
        } catch {
            throw Problem(.invalidParameters, "The configuration file \(path) cannot be read: \(error)")
        }
        reader = SettingsReader(ConfigReader(providers: providers))
        let dataDirectory = reader.text("data-dir", default: home + "/.millwright")
        let settings = Settings(
            home: home, dataDirectory: dataDirectory,
            host: reader.text("host", default: "127.0.0.1"),
            port: reader.integer("port", default: 0, in: 0...65535),
            logLevel: reader.choice("log-level", default: Logger.Level.notice, of: Logger.Level.allCases),
            mode: reader.choice("mode", default: Mode.development, of: Mode.allCases),
            portalNeedsHTTPS: reader.flag("portal-needs-https", default: false),
            databaseHost: reader.optionalText("database-host"),
            databasePort: reader.integer("database-port", default: 5432, in: 1...65535),
            databaseName: reader.text("database-name", default: "millwright"),
            preparedStatements: reader.flag("prepared-statements", default: true),
            databaseDirectHost: reader.optionalText("database-direct-host"),
            databaseDirectPort: reader.integer("database-direct-port", default: 5432, in: 1...65535),
            masterKey: masterKey(&reader, dataDirectory),
            runnerPath: reader.text("runner", default: executableDirectory + "/millwright-runner"),
            bubblewrapPath: reader.text("bubblewrap", default: "/usr/bin/bwrap"),
            redis: reader.parsed("redis", default: nil, isShown: false) { (text) throws(SettingSyntax) in
                try redis(text)
            },
            rateLimit: reader.parsed("rate-limit", default: RequestLimits.usualPerPrincipal) {
                (text) throws(SettingSyntax) in try rateLimit(text)
            },
            trustedProxies: reader.parsed("trusted-proxies", default: []) { (text) throws(SettingSyntax) in
                try proxies(text)
            },
            privateNetworks: reader.parsed("private-networks", default: .none) { (text) throws(SettingSyntax) in
                try privateNetworks(text)
            },
            publicNames: reader.parsed("public-names", default: []) { (text) throws(SettingSyntax) in
                try publicNames(text)
            },
            retention: RetentionPolicy(
                eventMonths: reader.parsed(
                    "event-retention-months", default: RetentionPolicy.usualEventMonths, months),
                journalMonths: reader.parsed(
                    "journal-retention-months", default: RetentionPolicy.usualJournalMonths, months)),
            duplicates: DuplicateWindow(
                days: reader.integer("duplicate-window-days", default: DuplicateWindow.usualDays, in: 1...366)))
        try reader.finish()
        return settings
    }

    private static func masterKey(_ reader: inout SettingsReader, _ dataDirectory: String) -> MasterKeySource {
        if reader.optionalText("master-key") != nil { return .environment("MILLWRIGHT_MASTER_KEY") }
        if let command = reader.optionalText("master-key-command") { return .command(["/bin/sh", "-c", command]) }
        return .file(reader.text("master-key-file", default: dataDirectory + "/master.key"))
    }

    /// Where this very program stands.
    static var executableDirectory: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    }

    /// The folder above that has the migrations: a checkout with its `.build`, or an installation.
    static var defaultHome: String {
        var candidate = executableDirectory
        while !candidate.isEmpty {
            if access(candidate + "/Migrations", F_OK) == 0 { return candidate }
            candidate = String(candidate[..<(candidate.lastIndex(of: "/") ?? candidate.startIndex)])
        }
        return executableDirectory
    }
}
