import Database
import Foundation
import TestSupport
import Testing

@Suite("Migrations", .timeLimit(.minutes(10)))
struct MigrationTests {
    /// A folder that a test may change, with an empty database for it.
    private func withFolder(
        _ files: [String: String],
        _ body: nonisolated(nonsending) (Folder, Migrator) async throws -> Void
    ) async throws {
        let folder = try Folder(files)
        let fixture = try await PostgresFixture.database(migrations: try Folder([:]).path)
        try await body(folder, Migrator(fixture.configuration, directory: folder.path))
        try await fixture.remove()
    }

    private struct Folder {
        let path = TemporaryFolder.make("migrations")

        init(_ files: [String: String]) throws {
            for (name, text) in files { try write(name, text) }
        }

        func write(_ name: String, _ text: String) throws {
            try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8)
        }
        func delete(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }
    }

    private let first = "CREATE TABLE millwright.a (x integer); INSERT INTO millwright.a VALUES (1);"
    private let second = "ALTER TABLE millwright.a ADD COLUMN y text; -- grüße"

    @Test("files are applied once, in order, and the plan says which are left")
    func inOrder() async throws {
        try await withFolder(["0001_create_a.sql": first]) { folder, migrator in
            let before = try await migrator.plan()
            #expect(before.applied == [] && before.pending == ["0001_create_a.sql"])
            #expect(try await migrator.apply() == ["0001_create_a.sql"])
            try folder.write("0002_extend_a.sql", second)
            let middle = try await migrator.plan()
            #expect(middle.applied == ["0001_create_a.sql"] && middle.pending == ["0002_extend_a.sql"])
            #expect(try await migrator.apply() == ["0002_extend_a.sql"])
            #expect(try await migrator.apply() == [])
        }
    }

    @Test("a file that was edited after it was applied is named, and nothing is done")
    func edited() async throws {
        try await withFolder(["0001_create_a.sql": first]) { folder, migrator in
            try await migrator.apply()
            try folder.write("0001_create_a.sql", first + " ")
            try folder.write("0002_extend_a.sql", second)
            let error = await #expect(throws: DatabaseError.self) { try await migrator.apply() }
            #expect(error?.kind == .migration)
            #expect(error?.message == "0001_create_a.sql was edited after it was applied to this database")
            await #expect(throws: DatabaseError.self) { try await migrator.plan() }
            try folder.write("0001_create_a.sql", first)
            #expect(try await migrator.apply() == ["0002_extend_a.sql"])
        }
    }

    @Test("what a newer version of the program has applied is no obstacle for the version before it")
    func newer() async throws {
        try await withFolder(["0001_create_a.sql": first, "0003_extend_a.sql": second]) { folder, migrator in
            try await migrator.apply()
            try folder.delete("0003_extend_a.sql")
            let plan = try await migrator.plan()
            #expect(plan.pending.isEmpty)
            #expect(plan.applied == ["0001_create_a.sql"])
            #expect(try await migrator.apply().isEmpty)
        }
    }

    @Test("a file that is missing, or that comes too late, is named")
    func missing() async throws {
        try await withFolder(["0001_create_a.sql": first, "0003_extend_a.sql": second]) { folder, migrator in
            try await migrator.apply()
            try folder.write("0002_create_b.sql", "CREATE TABLE millwright.b (x integer);")
            let late = await #expect(throws: DatabaseError.self) { try await migrator.apply() }
            #expect(late?.message.contains("0002_create_b.sql comes before number 3") == true)
            try folder.delete("0002_create_b.sql")
            try folder.delete("0001_create_a.sql")
            let error = await #expect(throws: DatabaseError.self) { try await migrator.apply() }
            #expect(error?.message == "0001_create_a.sql was applied to this database and its file is missing")
        }
    }

    @Test("a failing file is named and leaves nothing behind; those before it stay")
    func failing() async throws {
        let broken = "CREATE TABLE millwright.b (x integer); SELECT nonsense;"
        try await withFolder(["0001_create_a.sql": first, "0002_create_b.sql": broken]) { folder, migrator in
            let error = await #expect(throws: DatabaseError.self) { try await migrator.apply() }
            #expect(error?.message.hasPrefix("0002_create_b.sql: ") == true)
            #expect(error?.sqlState == "42703")
            #expect(try await migrator.plan().applied == ["0001_create_a.sql"])
            try folder.write("0002_create_b.sql", "CREATE TABLE millwright.b (x integer);")
            #expect(try await migrator.apply() == ["0002_create_b.sql"])
        }
    }

    @Test("a file that ends its own transaction is refused")
    func ownTransaction() async throws {
        try await withFolder(["0001_create_a.sql": first + " COMMIT;"]) { _, migrator in
            let error = await #expect(throws: DatabaseError.self) { try await migrator.apply() }
            #expect(error?.message.contains("ends the transaction") == true)
        }
    }

    @Test(
        "a name that says no number, and a number twice, are refused before anything is applied",
        arguments: [
            ["1_create_a.sql"], ["0001-create-a.sql"], ["0001_a.sql"], ["0001_Create_a.sql"], ["create_a_0001.sql"],
            ["0001_create_a.sql", "0001_create_b.sql"],
        ])
    func names(_ names: [String]) async throws {
        let files = Dictionary(uniqueKeysWithValues: names.map { ($0, first) })
        try await withFolder(files) { _, migrator in
            let error = await #expect(throws: DatabaseError.self) { try await migrator.plan() }
            #expect(error?.kind == .migration)
            #expect(error?.message.contains(names[0]) == true)
        }
    }

    @Test("of several migrators at once each file is applied by one")
    func atOnce() async throws {
        let files = Dictionary(
            uniqueKeysWithValues: (1...5).map { number in
                ("000\(number)_create_t\(number).sql", "CREATE TABLE millwright.t\(number) (x integer);")
            })
        try await withFolder(files) { _, migrator in
            let applied = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<4 { group.addTask { try await migrator.apply() } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(applied.sorted() == files.keys.sorted())
        }
    }

    @Test("the bootstrap can be run again, and several at once")
    func bootstrap() async throws {
        let fixture = try await PostgresFixture.database(migrations: LotSchema.directory)
        let bootstrap = fixture.cluster.bootstrap(database: fixture.configuration.database)
        try await withThrowingTaskGroup { group in
            for _ in 0..<4 { group.addTask { try await bootstrap.ensure() } }
            try await group.waitForAll()
        }
        try await fixture.remove()
    }
}
