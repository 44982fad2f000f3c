import Database
import Execution
import Foundation
import HTTPTypes
import HummingbirdTesting
import JSON
import NIOCore
import Primitives
import Tenancy
import TestSupport
import Testing

@testable import Web

@Suite("a plant's timeline is a stream that goes on where it broke off", .timeLimit(.minutes(10)))
struct TimelineStreamTests {
    private func read(
        _ client: any TestClientProtocol, _ path: String, key: String, after id: String? = nil
    ) async throws -> (status: Int, type: String?, text: String) {
        var headers: HTTPFields = [.authorization: "Bearer \(key)"]
        if let id { headers[HTTPField.Name("Last-Event-ID")!] = id }
        return try await client.execute(uri: path, method: .get, headers: headers) { response in
            (response.status.code, response.headers[.contentType], String(buffer: response.body))
        }
    }

    private func fields(_ text: String, _ name: String) -> [String] {
        text.split(separator: "\n").filter { $0.hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
    }

    @Test(
        "Last-Event-ID goes on without a gap or a double; a foreign plant, a false position and a revoked key get nothing"
    )
    func stream() async throws {
        try await WebFixture.with(streamSeconds: 2) { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let supervisor = try await fixture.tenants.makePrincipal(.supervisor, in: place.scope)
            let path = "/v1/plants/\(place.plantID)/timeline/stream"
            for number in 0..<3 {
                try await fixture.tenants.audit(number, in: place.scope)
            }
            let first = try await read(client, path + "?backSeconds=3600", key: supervisor.key)
            #expect(first.status == 200 && first.type == "text/event-stream")
            let ids = fields(first.text, "id")
            let data = fields(first.text, "data").filter { $0.contains("test.happened") }
            #expect(data.count == 3 && ids.count >= 3)
            // Broken off after the last but one.
            try await fixture.tenants.audit(3, in: place.scope)
            let second = try await read(client, path, key: supervisor.key, after: ids[ids.count - 2])
            #expect(fields(second.text, "data").count { $0.contains("test.happened") } == 2)
            let third = try await read(client, path, key: supervisor.key, after: fields(second.text, "id").last)
            #expect(fields(third.text, "data").isEmpty && third.text.contains("still here"))
            #expect(try await read(client, path, key: supervisor.key, after: "nonsense").status == 422)
            let other = try await fixture.tenants.makePlant()
            let foreign = "/v1/plants/\(other.plantID)/timeline/stream"
            #expect(try await read(client, foreign, key: supervisor.key).status == 404)
        }
    }

    @Test("a position that was made up, changed, or given by another plant is refused, in a page as in a stream")
    func forgedPositions() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let supervisor = try await fixture.tenants.makePrincipal(.supervisor, in: place.scope)
            let sibling = try await fixture.tenants.makePlant(in: place.partnerID, place.clientID)
            let other = try await fixture.tenants.makePrincipal(.supervisor, in: sibling.scope)
            for number in 0..<2 { try await fixture.tenants.audit(number, in: place.scope) }
            let path = "/v1/plants/\(place.plantID)/timeline"
            let text = try await read(client, path + "/stream?backSeconds=3600", key: supervisor.key).text
            let given = try #require(fields(text, "id").last)
            let parts = given.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
            #expect(parts.count == 7)
            func changed(_ index: Int, _ part: String) -> String {
                var parts = parts
                parts[index] = part
                return parts.joined(separator: ";")
            }
            let forged = [
                // As it was written before it was sealed, with a look at everything.
                (parts[..<4] + ["0", "1000000"]).joined(separator: ";"), changed(5, "1000000"), changed(4, "0"),
                changed(6, ""), changed(6, String(parts[6].reversed())), String(repeating: ";", count: 5_000),
            ]
            for position in forged {
                #expect(try await read(client, path + "/stream", key: supervisor.key, after: position).status == 422)
                let query = position.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                if query.utf8.count < 2_000 {
                    #expect(try await read(client, path + "?after=\(query)", key: supervisor.key).status == 422)
                }
            }
            let elsewhere = "/v1/plants/\(sibling.plantID)/timeline/stream"
            #expect(try await read(client, elsewhere, key: other.key, after: given).status == 422)
            #expect(try await read(client, path + "/stream", key: supervisor.key, after: given).status == 200)
            let query = given.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            #expect(try await read(client, path + "?after=\(query)", key: supervisor.key).status == 200)
        }
    }

    @Test("one partner cannot take every place, and what it gives back it may have again")
    func share() throws {
        let streams = TimelineStreams(seconds: 1) { _ in
            true
        } changes: { _ in
            AsyncStream { $0.finish() }
        }
        let partner = PartnerID()
        var places: [TimelineStreams.Place] = []
        for _ in 0..<TimelineStreams.perPartner { places.append(try streams.enter(PrincipalID(), of: partner)) }
        let refusal = #expect(throws: Problem.self) { try streams.enter(PrincipalID(), of: partner) }
        #expect(refusal?.code == .tooManyRequests && refusal?.detail.contains("partner") == true)
        for _ in places { places.append(try streams.enter(PrincipalID(), of: PartnerID())) }
        #expect(places.count == TimelineStreams.inAll)
        let full = #expect(throws: Problem.self) { try streams.enter(PrincipalID(), of: PartnerID()) }
        #expect(full?.detail.contains("\(TimelineStreams.inAll)") == true)
        places[0].leave()
        places[0].leave()
        places.append(try streams.enter(PrincipalID(), of: partner))
        #expect(throws: Problem.self) { try streams.enter(PrincipalID(), of: PartnerID()) }
    }

    @Test("so many streams are open for a key and no more; one that ended leaves its place")
    func places() async throws {
        try await WebFixture.with(streamSeconds: 2) { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let supervisor = try await fixture.tenants.makePrincipal(.supervisor, in: place.scope)
            let other = try await fixture.tenants.makePrincipal(.supervisor, in: place.scope)
            let path = "/v1/plants/\(place.plantID)/timeline/stream"
            let codes = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<12 { group.addTask { try await read(client, path, key: supervisor.key).status } }
                group.addTask { try await read(client, path, key: other.key).status }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.count { $0 == 429 } == 4 && codes.count { $0 == 200 } == 9, "\(codes)")
            #expect(try await read(client, path, key: supervisor.key).status == 200)
        }
    }

    @Test("streams end at once when the caller may no longer read, and say nothing of what came after")
    func revoked() async throws {
        try await WebFixture.with(streamSeconds: 90) { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let path = "/v1/plants/\(place.plantID)/timeline/stream"
            // Another control plane: this one hears of it through the database alone.
            let people = TenantFixture(fixture.tenants.database).principals
            let endings: [@Sendable (TenantFixture.KeyHolder) async throws -> Void] = [
                { _ = try await people.revokeKey($0.keyID, in: place.scope, by: .system) },
                { _ = try await people.disable($0.principal.id, in: place.scope, by: .system) },
                {
                    _ = try await people.revoke(
                        RoleBinding(role: .supervisor, scope: place.scope), from: $0.principal.id, in: place.scope,
                        grantedBy: .system, by: .system)
                },
            ]
            let other = try await fixture.tenants.makePrincipal(.supervisor, in: place.scope)
            let stays = Task { try await read(client, path, key: other.key) }
            for (number, end) in endings.enumerated() {
                let reader = try await fixture.tenants.makePrincipal(.supervisor, in: place.scope)
                let stream = Task { try await read(client, path, key: reader.key) }
                try await Task.sleep(for: .seconds(1))
                try await end(reader)
                let ended = ContinuousClock.now
                try await fixture.tenants.audit(number, in: place.scope)
                let text = try await stream.value
                let late = "\"subject\":\"\(number)\""
                #expect(text.status == 200 && !text.text.contains(late), "\(number): \(text.text)")
                #expect(ended.duration(to: .now) < .seconds(4), "\(number): it waited for the heartbeat")
                #expect([401, 403, 404].contains(try await read(client, path, key: reader.key).status))
            }
            // Nobody rings for these entries: the next heartbeat brings them to whoever may still read.
            try await Task.sleep(for: .seconds(7))
            _ = try await people.revokeKey(other.keyID, in: place.scope, by: .system)
            let all = try await stays.value.text
            for number in endings.indices { #expect(all.contains("\"subject\":\"\(number)\""), "\(number)") }
        }
    }

    @Test("a stream ends soon after its key has expired, and says nothing of what came after")
    func expired() async throws {
        try await WebFixture.with(streamSeconds: 90) { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let reader = try await fixture.tenants.makePrincipal(.supervisor, in: place.scope)
            let path = "/v1/plants/\(place.plantID)/timeline/stream"
            let end = Timestamp.now().adding(seconds: 2)
            let key = try await fixture.tenants.principals.issueKey(
                for: reader.principal.id, name: "short", expiresAt: end, in: place.scope, by: .system)
            let stream = Task { try await read(client, path, key: key.token.reveal()) }
            while Timestamp.now() <= end { try await Task.sleep(for: .milliseconds(50)) }
            try await fixture.tenants.audit(0, in: place.scope)
            let text = try await stream.value
            #expect(text.status == 200 && !text.text.contains("test.happened"), "\(text.text)")
            // A heartbeat, a rest, and a machine that is busy.
            #expect(Timestamp.now() < end.adding(seconds: 12))
            #expect(try await read(client, path, key: key.token.reveal()).status == 401)
        }
    }
}

extension TenantFixture {
    fileprivate func audit(_ number: Int, in scope: TenantScope) async throws {
        let entry = AuditEntry(
            "test.happened", objectType: "test", objectID: "\(number)", new: ["number": JSONValue(number)],
            by: .system)
        _ = try await database.pipeline(scope, [entry.insertion(in: scope)])
    }
}
