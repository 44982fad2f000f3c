import Database
import HTTPTypes
import HummingbirdTesting
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

@Suite("A repeated request", .timeLimit(.minutes(10)))
struct IdempotencyTests {
    private static func key(_ text: String) -> HTTPFields { [HTTPField.Name("Idempotency-Key")!: text] }
    private static let body = #"{"slug":"one","name":"One"}"#

    private struct Place {
        let path: String
        let admin: TenantFixture.KeyHolder
        let client: any TestClientProtocol

        func post(_ body: String = IdempotencyTests.body, key: String) async throws -> (status: Int, body: JSONValue) {
            let answer = try await client.call(
                .post, path, key: admin.key, body, headers: IdempotencyTests.key(key))
            return (answer.status, answer.body)
        }

        var clients: Int {
            get async throws {
                try await client.call(.get, path, key: admin.key).body["items"]?.arrayValue?.count ?? -1
            }
        }
    }

    private func withPlace(
        further: [Operation] = [], _ body: @Sendable @escaping (WebFixture, Place) async throws -> Void
    ) async throws {
        try await WebFixture.with(further: further) { fixture, client in
            let partner = try await fixture.tenants.makePartner()
            let admin = try await fixture.tenants.makePrincipal(.partnerAdmin, in: .partner(partner))
            try await body(fixture, Place(path: "/v1/partners/\(partner)/clients", admin: admin, client: client))
        }
    }

    @Test("a request that broke off between its work and its record is never done again")
    func crash() async throws {
        try await withPlace { fixture, place in
            // What a process that died leaves behind: the claim, and perhaps the work.
            let claim = IdempotencyStore.Key(
                principal: place.admin.principal.id, text: "k", operation: "createClient", path: place.path,
                body: Array(Self.body.utf8))
            guard case .new = try await fixture.idempotency.claim(claim) else {
                Issue.record("the key was not new")
                return
            }
            let underWay = try await place.post(key: "k")
            #expect(underWay.status == 409)
            #expect(underWay.body["code"] == "idempotency-key-in-flight")
            try await SuperuserSession.run(
                "UPDATE millwright.idempotency_key SET locked_until = now() - interval '1 second'",
                on: fixture.tenants.database)
            let after = try await place.post(key: "k")
            #expect(after.status == 409)
            #expect(after.body["code"] == "idempotency-outcome-unknown")
            #expect(try await place.clients == 0)
            let other = try await place.post(#"{"slug":"two","name":"Two"}"#, key: "k")
            #expect(other.status == 422, "the key still belongs to its first request")
            #expect(try await place.post(key: "another").status == 201)
        }
    }

    @Test("a request that failed after it had committed something is not done again; one that changed nothing may be")
    func failures() async throws {
        let counter = Counter()
        let halfDone = Operation(
            id: "halfDone", method: .post, path: "/v1/half-done", summary: "Fails.", tag: "Test",
            access: .authenticated, success: .init(.ok, "Never.")
        ) { call in
            counter.add()
            guard let tenants = Fixtures.tenants else { throw Problem(.internalError, "no fixture") }
            if call.headers[HTTPField.Name("X-Commit")!] != nil {
                _ = try await tenants.makePartner()
            } else {
                // Reads, and a change that is rolled back, are no change.
                _ = try await tenants.directory.children(of: .platform, page: PageRequest())
                try? await tenants.database.transaction(.platform) { transaction in
                    try await transaction.execute("CREATE TEMPORARY TABLE x ()")
                    throw CancellationError()
                }
            }
            throw Problem(.unavailable, "The other system is away.")
        }
        try await withPlace(further: [halfDone]) { fixture, place in
            try await Fixtures.$tenants.withValue(fixture.tenants) {
                for round in 1...2 {
                    let answer = try await place.client.call(
                        .post, "/v1/half-done", key: place.admin.key, headers: Self.key("free"))
                    #expect(answer.status == 503)
                    #expect(counter.value == round)
                }
                var headers = Self.key("committed")
                headers[HTTPField.Name("X-Commit")!] = "1"
                let first = try await place.client.call(
                    .post, "/v1/half-done", key: place.admin.key, headers: headers)
                #expect(first.status == 503)
                let second = try await place.client.call(
                    .post, "/v1/half-done", key: place.admin.key, headers: headers)
                #expect(second.status == 409)
                #expect(second.body["code"] == "idempotency-outcome-unknown")
                #expect(counter.value == 3)
            }
        }
    }

    @Test("while the first request is under way the second is told so, and afterwards gets its answer")
    func inFlight() async throws {
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let slow = Operation(
            id: "slow", method: .post, path: "/v1/slow", summary: "Waits.", tag: "Test", access: .authenticated,
            success: .init(.ok, "Done.")
        ) { _ in
            begin.yield()
            for await _ in gate { break }
            return .json(["done": true])
        }
        try await withPlace(further: [slow]) { _, place in
            async let first = place.client.call(.post, "/v1/slow", key: place.admin.key, headers: Self.key("k"))
            for await _ in begun { break }
            let second = try await place.client.call(.post, "/v1/slow", key: place.admin.key, headers: Self.key("k"))
            #expect(second.status == 409)
            #expect(second.body["code"] == "idempotency-key-in-flight")
            #expect(second.headers[.retryAfter] != nil)
            open.yield()
            #expect(try await first.status == 200)
            let third = try await place.client.call(.post, "/v1/slow", key: place.admin.key, headers: Self.key("k"))
            #expect(third.status == 200)
            #expect(third.body == ["done": true])
        }
    }

    @Test("of many equal requests at once one is done")
    func race() async throws {
        try await withPlace { _, place in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<16 { group.addTask { try await place.post(key: "k").status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.contains(201))
            #expect(statuses.allSatisfy { $0 == 201 || $0 == 409 }, "\(statuses)")
            #expect(try await place.clients == 1)
        }
    }

    @Test("a key belongs to one principal and one request; a refused request leaves it free")
    func keys() async throws {
        try await withPlace { fixture, place in
            let refused = try await place.post(#"{"slug":"Not A Slug","name":""}"#, key: "k")
            #expect(refused.status == 422)
            #expect(try await place.post(key: "k").status == 201)
            let other = try await fixture.tenants.makePrincipal(
                .partnerAdmin, in: .partner(place.admin.principal.home.partnerID!))
            let theirs = try await place.client.call(
                .post, place.path, key: other.key, #"{"slug":"two","name":"Two"}"#, headers: Self.key("k"))
            #expect(theirs.status == 201, "another principal's keys are its own")
            let elsewhere = try await place.client.call(
                .post, place.path.replacing("/clients", with: "/suspend"), key: place.admin.key, Self.body,
                headers: Self.key("k"))
            #expect(elsewhere.status != 201)
            for text in ["", String(repeating: "k", count: 256)] {
                #expect(try await place.post(key: text).status == 400, "\(text.count) bytes")
            }
            #expect(try await place.clients == 2)
        }
    }

    @Test("every POST that is not open takes the key")
    func everyPost() async throws {
        try await withPlace { fixture, place in
            let document = try await place.client.call(.get, "/openapi.json").body
            for operation in fixture.surface.table.operations where operation.method == .post {
                let parameters = document["paths"]?[operation.path]?["post"]?["parameters"]?.arrayValue ?? []
                #expect(operation.access != .open)
                #expect(parameters.contains { $0["name"] == "Idempotency-Key" }, "\(operation.id)")
            }
        }
    }
}

/// What an operation of a test works on.
enum Fixtures {
    @TaskLocal static var tenants: TenantFixture?
}
