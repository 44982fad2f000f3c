import Connectors
import JSON
import Testing

@Suite("OpenAPI documents that mean no good", .timeLimit(.minutes(10)))
struct HostileDocumentTests {
    private func failure(_ document: String, _ parameters: JSONValue = .null) async throws -> CallFailure? {
        let peer = try await HTTPPeer { request, _ in
            request.target == "/api" ? ConnectorsTests.answer(200, document, "") : ConnectorsTests.answer(200, "{}")
        }
        let failure = await TaskCalls(peer).failure(
            ["document": ["endpoint": .string(peer.base + "/api")], "operationId": "doIt", "parameters": parameters],
            function: "openapi")
        await peer.stop()
        return failure
    }

    @Test(
        "what cannot be read or understood is a configuration error",
        arguments: [
            "", "{", "<html>", "[]", "null", #"{"openapi":"4.0"}"#, #"{"swagger":1.2}"#, #"{"openapi":3.1}"#,
            #"{"openapi":"3.1.0"}"#, #"{"openapi":"3.1.0","paths":[1]}"#, #"{"openapi":"3.1.0","paths":{"/":1}}"#,
            #"{"openapi":"3.1.0","paths":{"/":{"get":{"operationId":["doIt"]}}}}"#, "a: &a [*a]", "a: b: c",
            #"{"openapi":"3.1.0","paths":{"/":{"get":{"operationId":"doIt"},"put":{"operationId":"doIt"}}}}"#,
            #"{"openapi":"3.1.0","paths":{"/":{"get":{"operationId":"doIt","parameters":[{"in":"query"}]}}}}"#,
            #"{"openapi":"3.1.0","paths":{"/":{"get":{"operationId":"doIt","parameters":[{"in":"moon","name":"a"}]}}}}"#,
            #"{"openapi":"3.1.0","paths":{"/{a}":{"get":{"operationId":"doIt"}}}}"#,
            #"{"openapi":"3.1.0","servers":[{}],"paths":{"/":{"get":{"operationId":"doIt"}}}}"#,
            ##"{"openapi":"3.1.0","paths":{"/":{"get":{"operationId":"doIt","parameters":[{"$ref":"other.json#/a"}]}}}}"##,
            ##"{"openapi":"3.1.0","paths":{"/":{"get":{"operationId":"doIt","parameters":[{"$ref":"#/gone"}]}}}}"##,
            ##"{"openapi":"3.1.0","paths":{"/":{"get":{"operationId":"doIt","requestBody":{"$ref":"#/%zz"}}}}}"##,
        ])
    func unreadable(document: String) async throws {
        let failure = try await failure(document)
        #expect(failure?.kind == .configuration, "\(failure as Any)")
    }

    @Test("references in a circle end")
    func circles() async throws {
        let circle =
            ##"{"openapi":"3.1.0","paths":{"/":{"get":{"operationId":"doIt","parameters":[{"$ref":"#/a"}]}}},"##
            + ##""a":{"$ref":"#/b"},"b":{"$ref":"#/a"}}"##
        #expect(try await failure(circle)?.detail.contains("circle") == true)
        let own = ##"{"openapi":"3.1.0","paths":{"/":{"$ref":"#/paths/~1"}}}"##
        #expect(try await failure(own)?.detail.contains("no operation `doIt`") == true)
    }

    @Test("10 MB, 200,000 levels, a million aliases and 20,000 operations cost no more than their limits")
    func large() async throws {
        #expect(
            try await failure(String(repeating: " ", count: 10 << 20))?.detail.contains("larger than the limit") == true
        )
        let deep = #"{"openapi":"3.1.0","a":"# + String(repeating: "[", count: 200_000)
        #expect(try await failure(deep)?.kind == .configuration)
        let bomb =
            "a0: &a0 [x]\n"
            + (1..<30).map { "a\($0): &a\($0) [\(Array(repeating: "*a\($0 - 1)", count: 9).joined(separator: ","))]\n" }
            .joined()
        #expect(try await failure(bomb)?.kind == .configuration)
        let operations = (0..<20_000).map { #""/\#($0)":{"get":{"operationId":"o\#($0)"}}"# }.joined(separator: ",")
        let failure = try await failure(#"{"openapi":"3.1.0","paths":{\#(operations)}}"#)
        #expect(failure?.detail.contains("no operation") == true, "\(failure as Any)")
        let parameters = Array(repeating: #"{"name":"a","in":"query"}"#, count: 5000).joined(separator: ",")
        let many = #"{"openapi":"3.1.0","paths":{"/":{"get":{"operationId":"doIt","parameters":[\#(parameters)]}}}}"#
        #expect(try await self.failure(many)?.detail.contains("more than 500 parameters") == true)
    }

    @Test("a document is asked for again only to hear that it is the same, and its redirects are followed a little way")
    func fetching() async throws {
        let document = #"{"openapi":"3.1.0","paths":{"/a":{"get":{"operationId":"doIt"}}}}"#
        let peer = try await HTTPPeer { request, _ in
            switch request.target {
            case "/api": ConnectorsTests.answer(302, "", "Location: moved/api\r\n")
            case "/moved/api": ConnectorsTests.answer(200, document)
            case "/loop": ConnectorsTests.answer(302, "", "Location: /loop\r\n")
            case "/gone": ConnectorsTests.answer(404, "")
            case "/away": ConnectorsTests.answer(301, "", "Location: ftp://else/\r\n")
            case "/same": ConnectorsTests.answer(304, "")
            default: ConnectorsTests.answer(200, "{}")
            }
        }
        let calls = TaskCalls(peer)
        func arguments(_ path: String) -> JSONValue {
            [
                "document": [
                    "endpoint": ["uri": .string(peer.base + path), "authentication": ["bearer": ["token": "t0ken"]]]
                ],
                "operationId": "doIt",
            ]
        }
        for _ in 0..<2 { #expect(try await calls.call(arguments("/api"), function: "openapi") == [:]) }
        #expect(peer.requests.map(\.target) == ["/api", "/moved/api", "/a", "/a"])
        #expect(
            await calls.failure(arguments("/loop"), function: "openapi")?.detail.contains("more than 3 times") == true)
        #expect(await calls.failure(arguments("/gone"), function: "openapi")?.status == 404)
        #expect(await calls.failure(arguments("/away"), function: "openapi")?.status == 301)
        #expect(await calls.failure(arguments("/same"), function: "openapi")?.status == 304)
        await peer.stop()
    }
}
