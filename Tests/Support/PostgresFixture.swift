package import Database
import Foundation
import Glibc
package import Logging
import Synchronization

/// A database of its own for a suite or a test: migrated, empty, on a real PostgreSQL.
///
/// ```swift
/// let fixture = try await PostgresFixture.database()
/// try await fixture.database.transaction(scope) { … }
/// // or, dropped when the body ends:
/// try await PostgresFixture.withDatabase { database in … }
/// ```
package struct PostgresFixture: Sendable {
    package let database: Database
    package let configuration: DatabaseConfiguration
    package let cluster: PostgresCluster

    /// The folder of the migrations, found from where this file is.
    package static let migrations: String = {
        var path = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        path.removeLast(3)
        return path.joined(separator: "/") + "/Migrations"
    }()

    /// Says nothing: tests look at values, not at logs.
    package static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A new database, a copy of one with all of the project's migrations, or one with those of another folder. It is
    /// dropped by `remove()`, or when the process ends.
    package static func database(
        migrations: String? = nil, configure: (inout DatabaseConfiguration) -> Void = { _ in }
    ) async throws -> PostgresFixture {
        let host = try await FixtureHost.shared.host()
        let name = host.nextName()
        if let migrations {
            try await prepare(name, on: host.cluster, migrations: migrations)
        } else {
            let template = try await FixtureHost.shared.template()
            try await host.cluster.bootstrap(database: name).ensureDatabase(copying: template)
        }
        return fixture(name, on: host.cluster, configure)
    }

    /// A database on a cluster of the test's own, which it may stop and start.
    package static func database(
        on cluster: PostgresCluster, migrations: String = migrations,
        configure: (inout DatabaseConfiguration) -> Void = { _ in }
    ) async throws -> PostgresFixture {
        let name = "mwt_\(getpid())_own"
        try await cluster.bootstrap(database: name).ensure()
        try await prepare(name, on: cluster, migrations: migrations)
        return fixture(name, on: cluster, configure)
    }

    private static func prepare(_ name: String, on cluster: PostgresCluster, migrations: String) async throws {
        try await cluster.bootstrap(database: name).ensureDatabase(copying: "template0")
        try await Migrator(cluster.configuration(database: name), directory: migrations).apply()
    }

    private static func fixture(
        _ name: String, on cluster: PostgresCluster, _ configure: (inout DatabaseConfiguration) -> Void
    ) -> PostgresFixture {
        var configuration = cluster.configuration(database: name)
        configure(&configuration)
        return PostgresFixture(
            database: Database(configuration, logger: logger), configuration: configuration, cluster: cluster)
    }

    package nonisolated(nonsending) static func withDatabase<Value>(
        migrations: String? = nil, configure: (inout DatabaseConfiguration) -> Void = { _ in },
        _ body: nonisolated(nonsending) (Database) async throws -> Value
    ) async throws -> Value {
        let fixture = try await database(migrations: migrations, configure: configure)
        do {
            let value = try await body(fixture.database)
            try await fixture.remove()
            return value
        } catch {
            try? await fixture.remove()
            throw error
        }
    }

    package func remove() async throws {
        await database.shutdown()
        try await cluster.bootstrap(database: configuration.database).dropDatabase()
    }
}

/// The cluster and the migrated template, each made once a process, when it is first needed.
private actor FixtureHost {
    static let shared = FixtureHost()

    struct Host: Sendable {
        let cluster: PostgresCluster
        private let counter = Counter()

        init(cluster: PostgresCluster) { self.cluster = cluster }

        func nextName() -> String { "mwt_\(getpid())_\(counter.next())" }

        private final class Counter: Sendable {
            private let value = Mutex(0)
            func next() -> Int {
                value.withLock { value in
                    value += 1
                    return value
                }
            }
        }
    }

    // Shared by every suite, so that they must not die with the first one that asks: hence tasks of their own.
    private var preparation: Task<Host, any Error>?
    private var migration: Task<String, any Error>?

    func host() async throws -> Host {
        let task = preparation ?? Task { try await Self.prepare() }
        preparation = task
        return try await task.value
    }

    func template() async throws -> String {
        let cluster = try await host().cluster
        let task = migration ?? Task { try await Self.migrate(cluster) }
        migration = task
        return try await task.value
    }

    private static func prepare() async throws -> Host {
        let external = try PostgresCluster.fromEnvironment()
        let cluster = if let external { external } else { try await PostgresCluster.temporary() }
        if external != nil { try dropAtEnd(cluster) }
        // The roles belong to the cluster; the database that comes with them is not used.
        let roles = cluster.bootstrap(database: "mwt_\(getpid())_roles")
        try await roles.ensure()
        try await roles.dropDatabase()
        return Host(cluster: cluster)
    }

    private static func migrate(_ cluster: PostgresCluster) async throws -> String {
        let name = "mwt_\(getpid())_template"
        try await cluster.bootstrap(database: name).ensureDatabase(copying: "template0")
        try await Migrator(cluster.configuration(database: name), directory: PostgresFixture.migrations).apply()
        return name
    }

    private static func dropAtEnd(_ cluster: PostgresCluster) throws {
        let psql = "psql -h '\(cluster.host)' -p \(cluster.port) -U '\(cluster.superuser)' -d postgres -qAt"
        let names = "SELECT datname FROM pg_database WHERE datname LIKE 'mwt\\_\(getpid())\\_%'"
        try cluster.startWatcher(
            then: """
                for name in $(\(psql) -c "\(names)"); do \
                \(psql) -c "DROP DATABASE IF EXISTS \\"$name\\" WITH (FORCE)"; done
                """)
    }
}
