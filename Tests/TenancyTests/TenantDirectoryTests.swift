import Database
import Primitives
import Tenancy
import TestSupport
import Testing

@Suite struct TenantDirectoryTests {
    @Test("a tenant with nothing right is told everything that is wrong")
    func allProblemsAtOnce() async throws {
        try await TenantFixture.with { tenants in
            let partner = try await tenants.makePartner()
            let client = try await tenants.makeClient(in: partner)
            let problem = await #expect(throws: Problem.self) {
                try await tenants.directory.createPlant(
                    in: partner, client, slug: "Not A Slug", name: "", timeZone: "Mars/Olympus", by: .system)
            }
            #expect(problem?.code == .invalidParameters)
            #expect(problem?.items.map(\.path) == ["/slug", "/name", "/timeZone"])
        }
    }

    @Test(
        "a slug that is not plain is refused",
        arguments: ["", "-a", "a-", "A", "a_b", "a b", "ä", "a/b", String(repeating: "a", count: 64)])
    func badSlug(slug: String) async throws {
        try await TenantFixture.with { tenants in
            let problem = await #expect(throws: Problem.self) {
                try await tenants.directory.createPartner(slug: slug, name: "Partner", by: .system)
            }
            #expect(problem?.items.map(\.path) == ["/slug"])
        }
    }

    @Test("a second tenant with the same slug is refused; below another parent and after a deletion it is not")
    func slugsAreUnique() async throws {
        try await TenantFixture.with { tenants in
            let directory = tenants.directory
            let one = try await tenants.makePartner()
            let two = try await tenants.makePartner()
            let first = try await directory.createClient(in: one, slug: "acme", name: "Acme", by: .system)
            let problem = await #expect(throws: Problem.self) {
                try await directory.createClient(in: one, slug: "acme", name: "Other", by: .system)
            }
            #expect(problem?.code == .alreadyExists)
            #expect(problem?.items.map(\.path) == ["/slug"])
            _ = try await directory.createClient(in: two, slug: "acme", name: "Acme", by: .system)
            try await directory.delete(first.scope, reason: "left", by: .system)
            _ = try await directory.createClient(in: one, slug: "acme", name: "Acme again", by: .system)
        }
    }

    @Test("what is made below another tenant's parent does not exist")
    func foreignParent() async throws {
        try await TenantFixture.with { tenants in
            let mine = try await tenants.makePartner()
            let theirs = try await tenants.makePlant()
            let problem = await #expect(throws: Problem.self) {
                try await tenants.directory.createPlant(
                    in: mine, theirs.clientID, slug: "plant", name: "Plant", timeZone: "UTC", by: .system)
            }
            #expect(problem?.code == .notFound)
            #expect(try await tenants.directory.place(of: .plant(mine, theirs.clientID, theirs.plantID)) == nil)
        }
    }

    @Test("a suspended level suspends everything below it and nothing beside it")
    func suspension() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let sibling = try await tenants.makePlant(in: plant.partnerID)
            _ = try await tenants.directory.suspend(plant.client, reason: "unpaid", by: .system)
            let place = try #require(try await tenants.directory.place(of: plant.plantID))
            #expect(place.status == .suspended)
            #expect(throws: Problem.self) { try place.requireActive() }
            #expect(try await tenants.directory.place(of: sibling.plantID)?.status == .active)
            #expect(try await tenants.directory.place(of: plant.partnerID)?.status == .active)
            _ = try await tenants.directory.resume(plant.client, by: .system)
            #expect(try await tenants.directory.place(of: plant.plantID)?.status == .active)
        }
    }

    @Test("a deleted level answers, with everything below it, as one that never was, and stays deleted")
    func deletion() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let path = try #require(try await tenants.directory.place(of: plant.plantID)).path
            try await tenants.directory.delete(plant.client, reason: "left", by: .system)
            #expect(try await tenants.directory.plantScope(of: plant.plantID) == nil)
            #expect(try await tenants.directory.place(of: plant.clientID) == nil)
            #expect(try await tenants.directory.place(path: path) == nil)
            #expect(try await tenants.directory.place(of: plant.partnerID) != nil)
            let again = await #expect(throws: Problem.self) {
                try await tenants.directory.resume(plant.client, by: .system)
            }
            #expect(again?.code == .notFound)
            await #expect(throws: DatabaseError.self) {
                try await tenants.database.transaction(.platform) { transaction in
                    try await transaction.execute(
                        "UPDATE millwright.client SET status = 'active' WHERE client_id = \(plant.clientID)")
                }
            }
        }
    }

    @Test("a change that was decided on an older version is refused")
    func staleVersion() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let renamed = try await tenants.directory.rename(plant.scope, to: "Two", expecting: 1, by: .system)
            #expect(renamed.version == 2)
            let problem = await #expect(throws: Problem.self) {
                try await tenants.directory.rename(plant.scope, to: "Three", expecting: 1, by: .system)
            }
            #expect(problem?.code == .preconditionFailed)
            #expect(try await tenants.directory.tenant(plant.scope).name == "Two")
        }
    }

    @Test("a plant has no currency and a client no time zone")
    func fieldsOfOtherLevels() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let problem = await #expect(throws: Problem.self) {
                try await tenants.directory.change(plant.scope, TenantChange(currency: "XXX"), by: .system)
            }
            #expect(problem?.items.map(\.path) == ["/currency", "/currency"])
            let changed = try await tenants.directory.change(
                plant.client, TenantChange(currency: "CHF"), by: .system)
            #expect(changed.currency?.code == "CHF")
        }
    }

    @Test("a list is read page by page, each tenant once")
    func pages() async throws {
        try await TenantFixture.with { tenants in
            let partner = try await tenants.makePartner()
            var made: [String] = []
            for _ in 0..<5 { made.append(try await tenants.makeClient(in: partner).description) }
            _ = try await tenants.makePlant()
            var seen: [String] = []
            var cursor: String?
            repeat {
                let page = try await tenants.directory.children(
                    of: .partner(partner), page: PageRequest(limit: 2, cursor: cursor))
                #expect(page.items.count <= 2)
                seen += page.items.map(\.id)
                cursor = page.next
            } while cursor != nil
            #expect(seen == made)
        }
    }

    @Test("a cursor of somebody's own making and a limit out of bounds are refused together")
    func badPage() {
        let problem = #expect(throws: Problem.self) { try PageRequest(limit: 0, cursor: "nonsense") }
        #expect(problem?.items.map(\.path) == ["limit", "cursor"])
    }

    @Test("a tenant sees its own and what is below, and nothing of another's")
    func isolation() async throws {
        try await TenantFixture.with { tenants in
            let mine = try await tenants.makePlant()
            let theirs = try await tenants.makePlant()
            let sibling = try await tenants.makePlant(in: mine.partnerID)
            let seen = try await tenants.directory.plants(in: mine.partner, page: PageRequest()).items.map(\.scope)
            #expect(Set(seen) == [mine.scope, sibling.scope])
            let read = await #expect(throws: Problem.self) {
                try await tenants.database.read(mine.partner) { transaction in
                    let rows = try await transaction.query(
                        "SELECT FROM millwright.plant WHERE plant_id = \(theirs.plantID)")
                    if rows.isEmpty { throw Problem.notFound("plant") }
                }
            }
            #expect(read?.code == .notFound)
            await #expect(throws: DatabaseError.self) {
                try await tenants.database.transaction(mine.partner) { transaction in
                    try await transaction.execute(
                        """
                        INSERT INTO millwright.client (partner_id, client_id, slug, name)
                        VALUES (\(theirs.partnerID), \(ClientID()), 'mine', 'Mine')
                        """)
                }
            }
        }
    }

    @Test("a place is found by its path and by its identifier, and asks the database once")
    func resolutionIsCached() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            try await tenants.settle()
            let place = try #require(try await tenants.directory.place(of: plant.plantID))
            #expect(place.scope == plant.scope)
            #expect(place.timeZone == "Europe/Berlin")
            #expect(place.slugs.count == 3)
            #expect(try await tenants.directory.place(path: place.path) == place)
            let sends = tenants.database.statistics.sends
            for _ in 0..<10 { _ = try await tenants.directory.plantScope(of: plant.plantID) }
            #expect(tenants.database.statistics.sends == sends)
        }
    }

    @Test("another replica forgets a place when it is told of the change")
    func otherReplicaForgets() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let other = TenantFixture(tenants.database)
            try await other.listening {
                #expect(try await other.directory.place(of: plant.plantID)?.name == "Plant")
                let heard = AsyncStream<Void> { continuation in
                    other.feed.observe { if $0 == .tenant { continuation.yield() } }
                }
                _ = try await tenants.directory.rename(plant.scope, to: "New", by: .system)
                for await _ in heard { break }
                #expect(try await other.directory.place(of: plant.plantID)?.name == "New")
            }
        }
    }

    @Test("a replica that hears nothing yet caches nothing")
    func notListening() async throws {
        try await PostgresFixture.withDatabase { database in
            let tenants = TenantFixture(database)
            let plant = try await tenants.makePlant()
            _ = try await tenants.directory.place(of: plant.plantID)
            let sends = database.statistics.sends
            _ = try await tenants.directory.place(of: plant.plantID)
            #expect(database.statistics.sends > sends)
        }
    }
}
