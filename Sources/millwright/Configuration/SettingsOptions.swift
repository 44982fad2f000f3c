import ArgumentParser

/// The flags that most commands take. Each can also stand in the environment (`MILLWRIGHT_DATA_DIR`) or in a file.
struct SettingsOptions: ParsableArguments {
    @Option(help: "Where data is kept. Default: .millwright beside the program's checkout.")
    var dataDir: String?

    @Option(help: "A YAML file with settings. Default: millwright.yaml beside the program's checkout.")
    var config: String?

    @Option(help: "The address to listen on. Default: 127.0.0.1.")
    var host: String?

    @Option(help: "The port to listen on. Default: any free one.")
    var port: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical. Default: notice.")
    var logLevel: String?

    @Option(help: "development, or production, which refuses a sandbox that lacks a protection.")
    var mode: String?

    @Option(help: "A PostgreSQL server: host name or socket directory. Default: a private cluster.")
    var databaseHost: String?

    @Option(help: "The server's port.")
    var databasePort: String?

    @Option(help: "The database's name.")
    var databaseName: String?

    @Option(help: "The file with the master key. Default: master.key in the data directory.")
    var masterKeyFile: String?

    @Option(help: "A command that prints the master key.")
    var masterKeyCommand: String?

    @Option(
        help: """
            Redis for limits that all replicas share: host:port, a socket's path, or redis://[user@]host[:port][/db]. Its \
            password stands in MILLWRIGHT_REDIS_PASSWORD. Default: each process counts for itself.
            """)
    var redis: String?

    @Option(help: "Requests a second and burst of each principal, like 1000/5000; or off. Default: 1000/5000.")
    var rateLimit: String?

    @Option(help: "Reverse proxies whose X-Forwarded-For is believed: addresses and networks, with commas between.")
    var trustedProxies: String?

    @Option(
        help: """
            Networks without public addresses that plants' egress rules may open, with commas between, like \
            10.20.0.0/16. Default: none.
            """)
    var privateNetworks: String?

    @Option(help: "Host names under which people reach the platform, with commas between; no tenant may claim them.")
    var publicNames: String?

    func settings() async throws -> Settings {
        let given: [(String, String?)] = [
            ("data-dir", dataDir), ("host", host), ("port", port), ("log-level", logLevel), ("mode", mode),
            ("database-host", databaseHost), ("database-port", databasePort), ("database-name", databaseName),
            ("master-key-file", masterKeyFile), ("master-key-command", masterKeyCommand), ("redis", redis),
            ("rate-limit", rateLimit), ("trusted-proxies", trustedProxies),
            ("private-networks", privateNetworks), ("public-names", publicNames),
        ]
        var flags: [String: String] = [:]
        for (key, value) in given { if let value { flags[key] = value } }
        return try await Settings.read(flags: flags, file: config)
    }
}
