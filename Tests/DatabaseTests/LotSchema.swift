import Database
import Foundation
import Primitives
import Synchronization
import TestSupport

/// A schema of the tests' own: the project's first migration and one table for each level.
enum LotSchema {
    static let tables = """
        -- Purpose: what the tests of the database layer work on.
        CREATE TABLE millwright.lot (
          partner_id uuid NOT NULL, client_id uuid NOT NULL, plant_id uuid NOT NULL, lot_id uuid NOT NULL,
          name text NOT NULL CONSTRAINT name_is_not_empty CHECK (name <> ''), quantity bigint NOT NULL DEFAULT 0,
          PRIMARY KEY (partner_id, client_id, plant_id, lot_id),
          CONSTRAINT lot_name_is_unique UNIQUE (partner_id, client_id, plant_id, name) DEFERRABLE
        );
        CALL millwright.protect('millwright.lot', 'plant');
        CALL millwright.grant_access('millwright.lot', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']);
        CREATE TABLE millwright.client_note (
          partner_id uuid NOT NULL, client_id uuid NOT NULL, note text NOT NULL,
          PRIMARY KEY (partner_id, client_id, note)
        );
        CALL millwright.protect('millwright.client_note', 'client', 'read');
        CALL millwright.grant_access('millwright.client_note', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']);
        CREATE TABLE millwright.partner_note (
          partner_id uuid NOT NULL, note text NOT NULL, PRIMARY KEY (partner_id, note)
        );
        CALL millwright.protect('millwright.partner_note', 'partner');
        CALL millwright.grant_access('millwright.partner_note', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']);
        CREATE TABLE millwright.setting (
          partner_id uuid NOT NULL, client_id uuid, plant_id uuid, name text NOT NULL, PRIMARY KEY (partner_id, name)
        );
        CALL millwright.protect('millwright.setting', 'any', 'read');
        CALL millwright.grant_access('millwright.setting', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']);
        CREATE TABLE millwright.diary (
          partner_id uuid NOT NULL, entry bigint NOT NULL, PRIMARY KEY (partner_id, entry)
        );
        CALL millwright.protect('millwright.diary', 'partner', 'write');
        CALL millwright.grant_access('millwright.diary', ARRAY['SELECT', 'INSERT']);
        -- A commit that waits for whoever holds advisory lock 7.
        CREATE FUNCTION millwright.wait_at_commit() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp
        AS $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER waits_at_commit AFTER INSERT ON millwright.diary
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION millwright.wait_at_commit();
        """

    /// A folder with the project's first migration and these tables.
    static let directory = directory(with: "")

    /// The same, with more statements.
    static func directory(with more: String) -> String {
        let folder = TemporaryFolder.make("lots")
        let first = "0001_create_scopes_and_roles.sql"
        let text = try! String(contentsOfFile: PostgresFixture.migrations + "/" + first, encoding: .utf8)
        try! text.write(toFile: folder + "/" + first, atomically: true, encoding: .utf8)
        try! (tables + more).write(toFile: folder + "/0002_create_lots.sql", atomically: true, encoding: .utf8)
        return folder
    }
}

/// Two clients of one partner, and another partner.
struct Tenants {
    let partner = PartnerID()
    let client = ClientID()
    let plant = PlantID()
    let sibling = PlantID()
    let otherClient = ClientID()
    let otherPartner = PartnerID()

    var plantScope: TenantScope { .plant(partner, client, plant) }
    var siblingScope: TenantScope { .plant(partner, client, sibling) }
    var clientScope: TenantScope { .client(partner, client) }
    var partnerScope: TenantScope { .partner(partner) }
    var otherClientScope: TenantScope { .client(partner, otherClient) }
    var otherPartnerScope: TenantScope { .partner(otherPartner) }

    func insertLot(_ name: String, plant: PlantID? = nil) -> Statement {
        """
        INSERT INTO millwright.lot (partner_id, client_id, plant_id, lot_id, name)
        VALUES (\(partner), \(client), \(plant ?? self.plant), \(UUIDv7()), \(name))
        """
    }

    static let countLots: Statement = "SELECT count(*) FROM millwright.lot"

    func insertDiary(_ entry: Int) -> Statement {
        "INSERT INTO millwright.diary (partner_id, entry) VALUES (\(partner), \(entry))"
    }
}

/// A lock that a test holds to keep others waiting inside the server, where it can see them wait.
enum Gate {
    /// What the diary's commits wait for.
    static let commits = 7
    static let queries = 42

    static func wait(_ key: Int) -> Statement { "SELECT pg_advisory_xact_lock(\(key))" }

    /// Runs `body` while the gate is closed; it is open again when the body has returned.
    nonisolated(nonsending) static func closed<Value>(
        _ key: Int, _ database: Database, _ body: nonisolated(nonsending) () async throws -> Value
    ) async throws -> Value {
        try await database.transaction(.platform) { transaction in
            try await transaction.execute(wait(key))
            return try await body()
        }
    }

    /// Returns once `count` sessions of this database stand before a gate.
    static func untilWaiting(_ count: Int, _ database: Database) async throws {
        let waiting: Statement = """
            SELECT count(*) FROM pg_locks
            WHERE locktype = 'advisory' AND NOT granted
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """
        while true {
            let rows = try await database.pipeline(.platform, [waiting])
            if try rows[0][0].decode(0, as: Int.self) >= count { return }
            await Task.yield()
        }
    }
}

func withLots<Value>(
    configure: (inout DatabaseConfiguration) -> Void = { _ in },
    _ body: nonisolated(nonsending) (Database) async throws -> Value
) async throws -> Value {
    try await PostgresFixture.withDatabase(migrations: LotSchema.directory, configure: configure, body)
}

/// Folders that are removed when the process ends.
enum TemporaryFolder {
    private static let folders = Mutex<[String]>([])
    private static let removal: Void = {
        atexit {
            for folder in TemporaryFolder.folders.withLock({ $0 }) {
                try? FileManager.default.removeItem(atPath: folder)
            }
        }
    }()

    static func make(_ name: String) -> String {
        _ = removal
        let folder = NSTemporaryDirectory() + "millwright-\(name)-" + UUID().uuidString
        try! FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        folders.withLock { $0.append(folder) }
        return folder
    }
}
