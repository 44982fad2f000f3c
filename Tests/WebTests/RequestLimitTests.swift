import Connectors
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import NIOCore
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

@Suite("Who asks too often", .timeLimit(.minutes(10)))
struct RequestLimitTests {
    private static func slow(_ burst: Int) -> RequestRate { RequestRate(perSecond: 0.01, burst: burst) }

    @Test("a principal that asks too often gets 429 with when to come back, and nobody else does")
    func principals() async throws {
        let limits = RequestLimits(perPrincipal: Self.slow(3))
        try await WebFixture.with(limits: limits) { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let admin = try await fixture.tenants.makePrincipal(.partnerAdmin, in: place.partner)
            let other = try await fixture.tenants.makePrincipal(.partnerAdmin, in: place.partner)
            let path = "/v1/partners/\(place.partnerID)/clients"
            for left in ["2", "1", "0"] {
                let answer = try await client.call(.get, path, key: admin.key)
                #expect(answer.status == 200)
                #expect(answer.headers[HTTPField.Name("RateLimit-Limit")!] == "3")
                #expect(answer.headers[HTTPField.Name("RateLimit-Remaining")!] == left)
            }
            let refused = try await client.call(.post, path, key: admin.key, #"{"slug":"one","name":"One"}"#)
            #expect(refused.status == 429)
            #expect(refused.headers[.contentType] == "application/problem+json")
            #expect(refused.body["code"] == "too-many-requests")
            #expect(refused.headers[HTTPField.Name("RateLimit-Remaining")!] == "0")
            let seconds = try #require(refused.headers[.retryAfter].flatMap { Int($0) })
            #expect((90...100).contains(seconds))
            let list = try await client.call(.get, path, key: other.key)
            #expect(list.status == 200 && list.body["items"]?.arrayValue?.count == 1, "nothing was made")
        }
    }

    @Test("a batch weighs by its events")
    func batches() async throws {
        try await WebFixture.with(limits: RequestLimits(perPrincipal: Self.slow(5))) { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let holder = try await fixture.tenants.makePrincipal(.operator, in: place.scope)
            let path = "/v1/plants/\(place.plantID)/events"
            let type: HTTPFields = [.contentType: "application/cloudevents-batch+json"]
            func batch(_ count: Int, _ name: String) -> String {
                let events = (0..<count).map {
                    #"{"specversion":"1.0","id":"\#(name)-\#($0)","source":"s","type":"nobody.listens"}"#
                }
                return "[\(events.joined(separator: ","))]"
            }
            let first = try await client.call(.post, path, key: holder.key, batch(201, "a"), headers: type)
            #expect(first.status == 202)
            #expect(first.headers[HTTPField.Name("RateLimit-Remaining")!] == "2")
            let second = try await client.call(.post, path, key: holder.key, batch(201, "b"), headers: type)
            #expect(second.status == 429)
            let third = try await client.call(.post, path, key: holder.key, batch(1, "b"), headers: type)
            #expect(third.body["accepted"] == 1, "nothing of the refused batch was taken: \(third.body)")
        }
    }

    @Test("an address that presents wrong keys is not listened to, but for a key that is known")
    func guessing() async throws {
        try await WebFixture.with(limits: RequestLimits(refusals: Self.slow(4))) { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let known = try await fixture.tenants.makePrincipal(.supervisor, in: place.scope)
            let unseen = try await fixture.tenants.makePrincipal(.supervisor, in: place.scope)
            try await fixture.tenants.settle()
            let path = "/v1/plants/\(place.plantID)/runs"
            #expect(try await client.call(.get, path, key: known.key).status == 200)
            let forged = "mw_abcdefgh_" + String(repeating: "A", count: 43)
            #expect(try await client.call(.get, path, key: forged).status == 401)
            #expect(try await client.call(.get, path).status == 401)
            #expect(try await client.call(.get, path, key: "nonsense").status == 401)
            let almost = String(known.key.dropLast()) + (known.key.hasSuffix("A") ? "B" : "A")
            #expect(try await client.call(.get, path, key: almost).status == 401)
            let refused = try await client.call(.get, path, key: forged)
            #expect(refused.status == 429)
            #expect(refused.headers[.retryAfter].flatMap { Int($0) } ?? 0 >= 1)
            #expect(try await client.call(.get, path).status == 429)
            #expect(try await client.call(.get, path, key: almost).status == 429, "no oracle for the rest of a key")
            #expect(try await client.call(.get, path, key: unseen.key).status == 429, "no question to the database")
            #expect(try await client.call(.get, path, key: known.key).status == 200)
            #expect(try await client.call(.get, "/health/live").status == 200)
        }
    }

    @Test("sign-ins from one address are limited, right or wrong")
    func signIns() async throws {
        try await TenantFixture.with { tenants in
            let limits = RequestLimits(signIns: Self.slow(2))
            let fixture = WebFixture(tenants, limits: limits)
            let router = fixture.surface.router()
            fixture.portal.addRoutes(to: router)
            try await Application(responder: router.buildResponder()).test(.router) { client in
                func signIn() async throws -> (Int, String?) {
                    try await client.execute(
                        uri: "/portal/sign-in", method: .post,
                        headers: [.contentType: "application/x-www-form-urlencoded"],
                        body: ByteBuffer(string: "email=a%40example.com&password=x")
                    ) { ($0.status.code, $0.headers[.retryAfter]) }
                }
                #expect(try await signIn().0 == 401)
                #expect(try await signIn().0 == 401)
                let (status, retryAfter) = try await signIn()
                #expect(status == 429 && retryAfter != nil)
            }
        }
    }

    @Test("without a limit nothing is counted, and addresses still are")
    func off() async throws {
        let limits = RequestLimits(perPrincipal: nil, refusals: Self.slow(1))
        try await WebFixture.with(limits: limits) { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let holder = try await fixture.tenants.makePrincipal(.supervisor, in: place.scope)
            let path = "/v1/plants/\(place.plantID)/runs"
            for _ in 0..<20 {
                let answer = try await client.call(.get, path, key: holder.key)
                #expect(answer.status == 200 && answer.headers[HTTPField.Name("RateLimit-Limit")!] == nil)
            }
            #expect(try await client.call(.get, path).status == 401)
            #expect(try await client.call(.get, path).status == 429)
        }
    }

    @Test("the address is the socket's, and what a trusted proxy adds to it; a claim by anybody else is none")
    func addresses() throws {
        let proxy = ClientAddress(trustedProxies: [HostPattern("10.0.0.0/8")!, HostPattern("::1")!])
        func address(_ socket: String, _ forwarded: String?) -> String {
            var headers: HTTPFields = [:]
            if let forwarded { headers[HTTPField.Name("X-Forwarded-For")!] = forwarded }
            return proxy.address(headers, socket: socket)
        }
        #expect(address("192.0.2.7", "198.51.100.1") == "192.0.2.7")
        #expect(address("10.0.0.1", nil) == "10.0.0.1")
        #expect(address("10.0.0.1", "198.51.100.1") == "198.51.100.1")
        #expect(address("::1", "203.0.113.9, 198.51.100.1, 10.0.0.2") == "198.51.100.1")
        #expect(address("10.0.0.1", "198.51.100.1, garbage") == "10.0.0.1")
        #expect(address("10.0.0.1", "localhost") == "10.0.0.1")
        #expect(
            ClientAddress().address([HTTPField.Name("X-Forwarded-For")!: "1.2.3.4"], socket: "10.0.0.1") == "10.0.0.1")
        #expect(ClientAddress.counted("2001:db8:1:2::7") == ClientAddress.counted("2001:db8:1:2:ffff::8"))
        #expect(ClientAddress.counted("2001:db8:1:2::7") != ClientAddress.counted("2001:db8:1:3::7"))
        #expect(ClientAddress.counted("::ffff:192.0.2.1") == "192.0.2.1")
        #expect(ClientAddress.counted("unix") == "unix")
    }
}
