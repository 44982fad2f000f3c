import Database
import Primitives
import Testing

@Suite("Scopes", .timeLimit(.minutes(10)))
struct ScopeTests {
    let tenants = Tenants()

    @Test("the application's role without a scope sees and writes nothing")
    func noScopeNoRows() async throws {
        try await withLots { database in
            _ = try await database.pipeline(tenants.plantScope, [tenants.insertLot("a")])
            // The settings of a scope end with its transaction; clearing them by hand is the same as never setting
            // them.
            let clear: Statement = """
                SELECT set_config('millwright.partner_id', '', true), set_config('millwright.client_id', '', true),
                  set_config('millwright.plant_id', '', true)
                """
            let rows = try await database.pipeline(tenants.plantScope, [clear, Tenants.countLots])
            #expect(try rows[1][0].decode(0, as: Int.self) == 0)
            let error = await #expect(throws: DatabaseError.self) {
                try await database.pipeline(tenants.plantScope, [clear, tenants.insertLot("b")])
            }
            #expect(error?.sqlState == SQLState.insufficientPrivilege)
        }
    }

    @Test("each scope sees its own rows and those below it, and no others")
    func isolation() async throws {
        try await withLots { database in
            _ = try await database.pipeline(
                tenants.clientScope, [tenants.insertLot("a"), tenants.insertLot("b", plant: tenants.sibling)])
            let expected: [(TenantScope, Int)] = [
                (tenants.plantScope, 1), (tenants.siblingScope, 1), (tenants.clientScope, 2), (tenants.partnerScope, 2),
                (tenants.otherClientScope, 0), (tenants.otherPartnerScope, 0), (.platform, 2),
                (.plant(tenants.partner, tenants.otherClient, tenants.plant), 0),
                (.plant(tenants.otherPartner, tenants.client, tenants.plant), 0),
            ]
            for (scope, count) in expected {
                let rows = try await database.pipeline(scope, [Tenants.countLots])
                #expect(try rows[0][0].decode(0, as: Int.self) == count, "\(scope)")
            }
        }
    }

    @Test("a row of another scope cannot be written, changed or removed")
    func foreignWrites() async throws {
        try await withLots { database in
            for scope in [tenants.siblingScope, tenants.otherClientScope, tenants.otherPartnerScope] {
                let error = await #expect(throws: DatabaseError.self) {
                    try await database.pipeline(scope, [tenants.insertLot("a")])
                }
                #expect(error?.sqlState == SQLState.insufficientPrivilege)
            }
            _ = try await database.pipeline(tenants.plantScope, [tenants.insertLot("a")])
            let attempts: [Statement] = ["UPDATE millwright.lot SET name = 'x'", "DELETE FROM millwright.lot"]
            let rows = try await database.pipeline(tenants.siblingScope, attempts)
            #expect(rows.map(\.affectedRows) == [0, 0])
            let error = await #expect(throws: DatabaseError.self) {
                try await database.pipeline(
                    tenants.plantScope, ["UPDATE millwright.lot SET plant_id = \(tenants.sibling)"])
            }
            #expect(error?.sqlState == SQLState.insufficientPrivilege)
        }
    }

    @Test("a scope does not shine through into the next transaction of the same connection")
    func nothingIsLeftBehind() async throws {
        try await withLots(configure: { $0.limits.appConnections = 1 }) { database in
            _ = try await database.pipeline(tenants.plantScope, [tenants.insertLot("a")])
            let rows = try await database.pipeline(
                tenants.partnerScope,
                [
                    """
                    SELECT millwright.scope_partner() AS a, millwright.scope_client() AS b,
                      millwright.scope_plant() AS c
                    """
                ])
            #expect(try rows[0][0].decode("a") == tenants.partner)
            #expect(try rows[0][0].decode("b", as: ClientID?.self) == nil)
            #expect(try rows[0][0].decode("c", as: PlantID?.self) == nil)
        }
    }

    @Test("a scope below reads the rows of the level above where the table says so, and never writes them")
    func lowerScopes() async throws {
        let (partner, client, plant) = (tenants.partner, tenants.client, tenants.plant)
        let clientNote: Statement =
            "INSERT INTO millwright.client_note (partner_id, client_id, note) VALUES (\(partner), \(client), 'n')"
        let partnerNote: Statement = "INSERT INTO millwright.partner_note (partner_id, note) VALUES (\(partner), 'n')"
        let diary: Statement = "INSERT INTO millwright.diary (partner_id, entry) VALUES (\(partner), 1)"
        try await withLots { database in
            _ = try await database.pipeline(tenants.clientScope, [clientNote])
            _ = try await database.pipeline(tenants.partnerScope, [partnerNote])
            let counts = try await database.pipeline(
                tenants.plantScope,
                ["SELECT count(*) FROM millwright.client_note", "SELECT count(*) FROM millwright.partner_note"])
            #expect(try counts[0][0].decode(0, as: Int.self) == 1)
            #expect(try counts[1][0].decode(0, as: Int.self) == 0)
            for statement in [clientNote, partnerNote] {
                let error = await #expect(throws: DatabaseError.self) {
                    try await database.pipeline(tenants.plantScope, [statement])
                }
                #expect(error?.sqlState == SQLState.insufficientPrivilege)
            }
            let changed = try await database.pipeline(
                tenants.plantScope,
                ["UPDATE millwright.client_note SET note = 'x'", "DELETE FROM millwright.client_note"])
            #expect(changed.map(\.affectedRows) == [0, 0])
            // 'write' lets a plant append to its partner's diary; the grants say that nobody changes it.
            _ = try await database.pipeline(tenants.plantScope, [diary])
            let error = await #expect(throws: DatabaseError.self) {
                try await database.pipeline(tenants.partnerScope, ["DELETE FROM millwright.diary"])
            }
            #expect(error?.sqlState == SQLState.insufficientPrivilege)
            _ = plant
        }
    }

    @Test("rows of several levels in one table are inherited downwards only")
    func mixedLevels() async throws {
        let (partner, client, plant, sibling) = (tenants.partner, tenants.client, tenants.plant, tenants.sibling)
        func setting(_ name: String, _ client: ClientID?, _ plant: PlantID?) -> Statement {
            """
            INSERT INTO millwright.setting (partner_id, client_id, plant_id, name)
            VALUES (\(partner), \(client), \(plant), \(name))
            """
        }
        try await withLots { database in
            _ = try await database.pipeline(
                tenants.partnerScope,
                [
                    setting("partner", nil, nil), setting("client", client, nil), setting("plant", client, plant),
                    setting("sibling", client, sibling), setting("other", tenants.otherClient, nil),
                ])
            let all: Statement = "SELECT name FROM millwright.setting ORDER BY name"
            let expected: [(TenantScope, [String])] = [
                (tenants.plantScope, ["client", "partner", "plant"]),
                (tenants.clientScope, ["client", "partner", "plant", "sibling"]),
                (tenants.partnerScope, ["client", "other", "partner", "plant", "sibling"]),
                (tenants.otherPartnerScope, []),
            ]
            for (scope, names) in expected {
                let rows = try await database.pipeline(scope, [all])
                #expect(try rows[0].column("name", as: String.self) == names, "\(scope)")
            }
            let written = try await database.pipeline(
                tenants.plantScope, ["UPDATE millwright.setting SET name = name || '!'"])
            #expect(written[0].affectedRows == 1)
            for foreign in [setting("x", nil, nil), setting("x", client, nil), setting("x", client, sibling)] {
                await #expect(throws: DatabaseError.self) {
                    try await database.pipeline(tenants.plantScope, [foreign])
                }
            }
            let orphan = await #expect(throws: DatabaseError.self) {
                try await database.pipeline(tenants.partnerScope, [setting("x", nil, plant)])
            }
            #expect(orphan?.constraint == "plant_row_names_its_client")
        }
    }

    @Test("the application's role cannot make objects, not even temporary ones")
    func noObjects() async throws {
        try await withLots { database in
            let attempts: [Statement] = [
                "CREATE TABLE millwright.mine (a integer)", "CREATE TABLE public.mine (a integer)",
                "CREATE TEMPORARY TABLE mine (a integer)", "CREATE SCHEMA mine",
                "ALTER TABLE millwright.lot DISABLE ROW LEVEL SECURITY", "SET ROLE millwright_owner",
                "SET ROLE millwright_platform",
            ]
            for attempt in attempts {
                for scope in [tenants.plantScope, .platform]
                where attempt.sql != "SET ROLE millwright_platform" || scope != .platform {
                    let error = await #expect(throws: DatabaseError.self, "\(attempt.sql)") {
                        try await database.pipeline(scope, [attempt])
                    }
                    #expect(error?.sqlState == SQLState.insufficientPrivilege, "\(attempt.sql)")
                }
            }
        }
    }
}
