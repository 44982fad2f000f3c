import Glibc
import Logging
import Primitives
import Provisioning
import Subprocess
import SystemPackage

/// The PostgreSQL cluster that belongs to one data directory. It listens on a Unix socket only, in a directory that
/// only its own account and root can enter, and never touches another cluster of the machine.
struct PrivateCluster: Sendable {
    static let startSeconds = 60

    let programs: PostgresPrograms
    let directory: String
    let socketDirectory: String
    let account: Account?
    let logger: Logger
    /// Lines of settings after those that every cluster has.
    let furtherSettings: [String]

    init(_ data: DataDirectory, furtherSettings: [String] = [], logger: Logger) throws {
        self.furtherSettings = furtherSettings
        programs = try PostgresPrograms.find()
        account = Account.ofDatabase
        directory = data.clusterDirectory(for: account)
        socketDirectory = data.databaseSocketDirectory
        self.logger = logger
    }

    /// The superuser's name inside the cluster.
    var superuser: String { "postgres" }
    let port = 5432

    /// Starts the cluster, making it first where there is none. A cluster of ours that still runs is used as it is.
    func start() async throws {
        try prepareDirectories()
        if access(directory + "/PG_VERSION", F_OK) != 0 {
            logger.info("making the private PostgreSQL cluster", metadata: ["directory": "\(directory)"])
            try await run(
                "initdb",
                [
                    "--pgdata", directory, "--username", superuser, "--auth", "trust", "--encoding", "UTF8",
                    "--locale", "C.UTF-8", "--data-checksums", "--no-sync",
                ])
        }
        try checkMajor()
        if try await isRunning() { return }
        try writeSettings()
        try await run(
            "pg_ctl",
            [
                "start", "--pgdata", directory, "--wait", "--timeout", String(Self.startSeconds),
                "--log", directory + "/server.log", "--silent",
            ])
    }

    /// - Parameter mode: `fast` ends what runs in order; `immediate` ends it as a crash does.
    func stop(mode: String = "fast") async throws {
        guard try await isRunning() else { return }
        try await run("pg_ctl", ["stop", "--pgdata", directory, "--mode", mode, "--wait", "--silent"])
    }

    func restart(mode: String = "fast") async throws {
        try await run(
            "pg_ctl",
            [
                "restart", "--pgdata", directory, "--mode", mode, "--wait", "--log", directory + "/server.log",
                "--silent",
            ])
    }

    func remove() async throws {
        if access(directory + "/PG_VERSION", F_OK) == 0 { try await stop() }
        _ = try await Subprocess.run(
            .path("/bin/rm"), arguments: ["-rf", "--", directory], output: .discarded, error: .discarded)
    }

    func isRunning() async throws -> Bool {
        let command = command("pg_ctl", ["status", "--pgdata", directory])
        let result = try await Subprocess.run(
            .path(command.executable), arguments: Arguments(command.arguments), workingDirectory: "/",
            platformOptions: options, output: .discarded, error: .discarded)
        return result.terminationStatus.isSuccess
    }

    /// The server's first process; `nil` when it has left no word of one.
    var postmaster: Int32? {
        let lines = (try? FileText.read(directory + "/postmaster.pid"))?.split(separator: "\n")
        return lines?.first.flatMap { Int32($0.trimmed) }
    }

    /// What a program of PostgreSQL's prints; it must succeed.
    func output(_ program: String, _ arguments: [String]) async throws -> String {
        let command = command(program, arguments)
        let result = try await Subprocess.run(
            .path(command.executable), arguments: Arguments(command.arguments),
            environment: .inherit.updating(["LC_ALL": "C.UTF-8", "LANG": nil]), workingDirectory: "/",
            platformOptions: options, output: .string(limit: 1 << 20), error: .string(limit: 1 << 14))
        guard result.terminationStatus.isSuccess else {
            throw Problem(
                .unavailable, "\(program) failed (\(result.terminationStatus)): \(result.standardError)")
        }
        return result.standardOutput
    }

    private func run(_ program: String, _ arguments: [String]) async throws {
        let command = command(program, arguments)
        let result = try await Subprocess.run(
            .path(command.executable), arguments: Arguments(command.arguments),
            environment: .inherit.updating(["LC_ALL": "C.UTF-8", "LANG": nil]), workingDirectory: "/",
            platformOptions: options, output: .discarded, error: .string(limit: 1 << 14))
        guard result.terminationStatus.isSuccess else {
            throw Problem(
                .unavailable,
                "\(program) failed (\(result.terminationStatus)): \(result.standardError) See \(directory)/server.log.")
        }
    }

    private func command(_ program: String, _ arguments: [String]) -> (executable: FilePath, arguments: [String]) {
        AccountSwitch.command(
            programs.path(program).string, arguments,
            as: account.map { .init(userID: $0.userID, groupID: $0.groupID) })
    }

    private var options: PlatformOptions {
        var options = PlatformOptions()
        // The server must not get the terminal's Ctrl-C: we stop it when what uses it has ended.
        options.createSession = true
        return options
    }

    /// Makes the directories of data and sockets, and gives them to the account that runs the server.
    func prepareDirectories() throws {
        let parent = String(directory[..<(directory.lastIndex(of: "/") ?? directory.endIndex)])
        try DataDirectory.make(parent, mode: 0o755)
        for (path, mode) in [(directory, 0o700), (socketDirectory, 0o700)] as [(String, mode_t)] {
            try DataDirectory.make(path, mode: mode)
            if let account, chown(path, account.userID, account.groupID) != 0 {
                throw Problem(.unavailable, "\(path) cannot be given to \(account.name).")
            }
        }
    }

    private func checkMajor() throws {
        let version = try FileText.read(directory + "/PG_VERSION").trimmed
        guard Int(version) == programs.major else {
            throw Problem(
                .unavailable,
                """
                The cluster in \(directory) is of PostgreSQL \(version), and the programs here are of \
                \(programs.major). Upgrade it with pg_upgrade, or start over with --fresh.
                """)
        }
    }

    /// A sixteenth of the memory, from 128 MB to 1 GB. With less than a busy plant writes between two checkpoints, the
    /// transactions themselves have to write pages out.
    private var sharedBuffersMegabytes: Int {
        let bytes = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        return min(1024, max(128, (bytes / 16) >> 20))
    }

    /// Settings for one small machine that runs everything; what a user adds to postgresql.conf stays.
    private func writeSettings() throws {
        let settings = """
            # Written by Millwright at every start. Put your own settings into postgresql.conf.
            listen_addresses = ''
            unix_socket_directories = '\(socketDirectory)'
            unix_socket_permissions = 0700
            port = \(port)
            max_connections = 60
            shared_buffers = \(sharedBuffersMegabytes)MB
            effective_cache_size = 2GB
            work_mem = 8MB
            maintenance_work_mem = 128MB
            wal_compression = on
            max_wal_size = 4GB
            checkpoint_timeout = 15min
            random_page_cost = 1.1
            jit = off
            fsync = on
            synchronous_commit = on
            timezone = 'UTC'
            log_timezone = 'UTC'
            log_min_messages = warning
            """
        let text = ([settings] + furtherSettings).joined(separator: "\n") + "\n"
        try FileText.write(text, to: directory + "/millwright.conf", mode: 0o600, owner: account)
        let main = directory + "/postgresql.conf"
        let include = "include_if_exists = 'millwright.conf'\n"
        let given = try FileText.read(main)
        // Before everything else, so that a user's own line lower down wins.
        if !given.hasPrefix(include) { try FileText.write(include + given, to: main, mode: 0o600, owner: account) }
    }
}
