import Crypto
import Execution
import HTTPTypes
import HummingbirdTesting
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

@Suite("An operation on many runs is what its dry run was", .timeLimit(.minutes(10)))
struct BulkOperationTests {
    private struct Plant {
        let path: String
        let key: String
        let client: any TestClientProtocol

        func call(_ body: JSONValue) async throws -> (status: Int, body: JSONValue) {
            let answer = try await client.call(.post, path + "/runs/bulk", key: key, body.serialized())
            return (answer.status, answer.body)
        }

        /// - Returns: the body with its token.
        func rehearsed(_ action: String, _ filter: JSONValue = [:]) async throws -> JSONObject {
            var body: JSONObject = ["action": .string(action), "filter": filter, "reason": "r"]
            let answer = try await call(.object(body))
            #expect(answer.status == 200, "\(answer.body)")
            body["token"] = .string(try #require(answer.body["token"]?.stringValue))
            return body
        }
    }

    @Test("a token is of one plant, one action, one filter and one time, and nothing else is done with it")
    func tokens() async throws {
        try await WebFixture.with { fixture, client in
            let (place, run, ours) = try await plantWithRun(fixture, client)
            let sibling = try await plant(
                try await fixture.tenants.makePlant(in: place.partnerID, place.clientID), fixture, client)
            let theirs = try await plant(try await fixture.tenants.makePlant(), fixture, client)

            let suspend = try await ours.rehearsed("suspend")
            for other in [sibling, theirs] { #expect(try await other.call(.object(suspend)).status == 412) }
            var changed = suspend
            changed["action"] = "cancel"
            #expect(try await ours.call(.object(changed)).status == 412)
            changed = suspend
            changed["filter"] = ["statuses": ["pending"]]
            #expect(try await ours.call(.object(changed)).status == 412)
            changed = suspend
            changed["token"] = .string((suspend["token"]?.stringValue ?? "") + "A")
            #expect(try await ours.call(.object(changed)).status == 412)
            changed = suspend
            changed["token"] = nil
            changed["dryRun"] = false
            #expect(try await ours.call(.object(changed)).status == 428)

            let begun = try await ours.call(.object(suspend))
            #expect(begun.status == 200 && begun.body["planned"] == 1, "\(begun.body)")
            let again = try await ours.call(.object(suspend))
            #expect(again.status == 412 && again.body["detail"]?.stringValue?.contains("already") == true)
            let id = try #require(begun.body["id"]?.stringValue)
            let list = try await client.call(.get, ours.path + "/bulk-operations", key: ours.key)
            #expect(list.body["items"]?.arrayValue?.compactMap { $0["id"]?.stringValue } == [id])
            for other in [sibling, theirs] {
                let foreign = try await client.call(.get, other.path + "/bulk-operations/\(id)", key: other.key)
                let cancelled = try await client.call(
                    .post, other.path + "/bulk-operations/\(id)/cancel", key: other.key, #"{"reason": "r"}"#)
                #expect(foreign.status == 404 && cancelled.status == 404)
                let empty = try await client.call(.get, other.path + "/bulk-operations", key: other.key)
                #expect(empty.body["items"] == [])
                // The filter names a run's workflow of another plant: nothing fits.
                let workflow = try await client.call(.get, ours.path + "/runs/\(run)", key: ours.key)
                    .body["workflowId"]
                let answer = try await other.call([
                    "action": "cancel", "filter": ["workflow": workflow ?? .null], "reason": "r",
                ])
                #expect(answer.status == 200 && answer.body["count"] == 0)
            }
        }
    }

    @Test("a token ends after its time, and one of another installation is none")
    func time() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let administrator = try await fixture.tenants.makePrincipal(.platformAdmin, in: .platform)
            let runs = RunDirectory(
                database: fixture.tenants.database, board: DispatchBoard(), definitions: SmallDefinitions())
            let preview = try await runs.preview(
                .cancel, on: .init(), in: place.scope, reason: "r", by: administrator.actor)
            let tokens = BulkToken(key: SymmetricKey(size: .bits256))
            let now = Timestamp.now()
            let token = tokens.seal(["action": "cancel"], preview, in: place.scope, at: now)
            func opened(by tokens: BulkToken, afterSeconds seconds: Double) -> Bool {
                let moment = now.adding(seconds: seconds)
                return (try? tokens.open(token, of: ["action": "cancel"], in: place.scope, at: moment)) != nil
            }
            #expect(opened(by: tokens, afterSeconds: BulkToken.lifetimeSeconds - 1))
            #expect(!opened(by: tokens, afterSeconds: BulkToken.lifetimeSeconds + 1))
            #expect(!opened(by: BulkToken(key: SymmetricKey(size: .bits256)), afterSeconds: 1))
        }
    }

    @Test("a dry run names those of its sample that would stay as they are")
    func refusals() async throws {
        try await WebFixture.with { fixture, client in
            let (_, run, ours) = try await plantWithRun(fixture, client)
            let answer = try await ours.call(["action": "resume", "filter": [:], "reason": "r"])
            #expect(answer.body["count"] == 1)
            #expect(answer.body["refusals"]?[0]?["runId"]?.stringValue == run)
            #expect(answer.body["refusals"]?[0]?["code"] == "wrong-state")
            let fits = try await ours.call(["action": "suspend", "filter": [:], "reason": "r"])
            #expect(fits.body["refusals"] == [])
        }
    }

    /// A plant in which one run waits.
    private func plantWithRun(
        _ fixture: WebFixture, _ client: any TestClientProtocol
    ) async throws -> (place: TenantFixture.Place, run: String, plant: Plant) {
        let place = try await fixture.tenants.makePlant()
        let administrator = try await fixture.tenants.makePrincipal(.platformAdmin, in: .platform)
        let examples = Examples(fixture: fixture, client: client, key: administrator.key)
        let run = try await examples.started(in: .init(place: place, source: .plant))
        return (place, run, try await plant(place, fixture, client))
    }

    private func plant(
        _ place: TenantFixture.Place, _ fixture: WebFixture, _ client: any TestClientProtocol
    ) async throws -> Plant {
        let holder = try await fixture.tenants.makePrincipal(.supervisor, in: place.scope)
        return Plant(path: "/v1/plants/\(place.plantID)", key: holder.key, client: client)
    }
}
