import Connectors
import JSON
import Testing

@Suite("call: openapi", .timeLimit(.minutes(10)))
struct OpenAPITaskTests {
    /// A system with its own description at `/docs/api.json`, and a page that says what it was asked.
    private func system(_ document: String, _ headers: String = "") async throws -> HTTPPeer {
        try await HTTPPeer { request, _ in
            guard request.target == "/docs/api.json" else { return answer(200, #"{"ok":true}"#) }
            return answer(200, document, "Content-Type: application/json\r\n\(headers)")
        }
    }

    private func arguments(_ peer: HTTPPeer, _ operation: String, _ parameters: JSONValue = .null) -> JSONValue {
        [
            "document": ["endpoint": .string(peer.base + "/docs/api.json")], "operationId": .string(operation),
            "parameters": parameters,
        ]
    }

    private func seen(
        _ document: JSONValue, _ operation: String, _ parameters: JSONValue = .null
    ) async throws -> SeenRequest {
        let peer = try await system(document.serialized())
        let calls = TaskCalls(peer)
        #expect(try await calls.call(arguments(peer, operation, parameters), function: "openapi") == ["ok": true])
        await peer.stop()
        return try #require(peer.requests.last)
    }

    private func refusal(
        _ document: JSONValue, _ operation: String, _ parameters: JSONValue = .null
    ) async throws -> CallFailure? {
        let peer = try await system(document.serialized())
        let failure = await TaskCalls(peer).failure(arguments(peer, operation, parameters), function: "openapi")
        #expect(peer.requests.allSatisfy { $0.target == "/docs/api.json" })
        await peer.stop()
        return failure
    }

    static let swagger: JSONValue = [
        "swagger": "2.0", "basePath": "/v2", "consumes": ["application/json"],
        "paths": [
            "/pet/findByStatus": [
                "get": [
                    "operationId": "findPetsByStatus",
                    "parameters": [
                        [
                            "name": "status", "in": "query", "required": true, "type": "array",
                            "collectionFormat": "multi",
                        ],
                        ["name": "tags", "in": "query", "type": "array"],
                    ],
                ]
            ],
            "/pet/{petId}": [
                "parameters": [["$ref": "#/parameters/pet~1Id"]],
                "get": ["operationId": "getPetById"],
                "post": [
                    "operationId": "updatePetWithForm", "consumes": ["application/x-www-form-urlencoded"],
                    "parameters": [
                        ["name": "name", "in": "formData", "type": "string"],
                        ["name": "tags", "in": "formData", "type": "array"],
                        ["name": "X-Trace", "in": "header", "type": "string"],
                    ],
                ],
            ],
            "/pet": [
                "post": ["operationId": "addPet", "parameters": [["in": "body", "name": "pet", "required": true]]]
            ],
            "/pet/{petId}/image": [
                "post": [
                    "operationId": "uploadFile", "consumes": ["multipart/form-data"],
                    "parameters": [
                        ["$ref": "#/parameters/pet~1Id"], ["name": "file", "in": "formData", "type": "file"],
                    ],
                ]
            ],
        ],
        "parameters": ["pet/Id": ["name": "petId", "in": "path", "required": true, "type": "integer"]],
    ]

    @Test("Swagger 2.0: path, query, header, form and body, on the document's own host where it names none")
    func swagger2() async throws {
        let find = try await seen(Self.swagger, "findPetsByStatus", ["status": ["a", "b&"], "tags": ["x", "y z"]])
        #expect(find.method == "GET" && find.target == "/v2/pet/findByStatus?status=a&status=b%26&tags=x,y%20z")
        #expect(find.header("idempotency-key") == nil)
        #expect(try await seen(Self.swagger, "getPetById", ["petId": 1]).target == "/v2/pet/1")
        let form = try await seen(
            Self.swagger, "updatePetWithForm", ["petId": "a/b", "name": "x y", "tags": [1, 2], "X-Trace": "t"])
        #expect(form.target == "/v2/pet/a%2Fb" && form.body == "name=x+y&tags=1%2C2" && form.header("x-trace") == "t")
        #expect(form.header("content-type") == "application/x-www-form-urlencoded")
        for parameters: JSONValue in [["pet": ["name": "m"]], ["body": ["name": "m"]], ["name": "m"]] {
            let added = try await seen(Self.swagger, "addPet", parameters)
            #expect(added.body == #"{"name":"m"}"# && added.header("content-type") == "application/json")
            #expect(added.header("idempotency-key") == "key-1")
        }
        let upload = try await seen(Self.swagger, "uploadFile", ["petId": 1, "file": "content"])
        #expect(upload.header("content-type")?.hasPrefix("multipart/form-data; boundary=part-") == true)
        #expect(upload.body.contains("Content-Disposition: form-data; name=\"file\"\r\n\r\ncontent\r\n--part-"))
    }

    static func openAPI(_ operation: JSONObject, _ changes: JSONObject = [:], path: String = "/things/{id}")
        -> JSONValue
    {
        var post = operation
        post["operationId"] = "doIt"
        var document: JSONObject = ["openapi": "3.1.0", "paths": [path: ["post": .object(post)]]]
        for (key, value) in changes { document[key] = value }
        return .object(document)
    }

    @Test(
        "every style of a parameter, as the standard's table writes it",
        arguments: [
            ("path", "simple", false, "/3,4,5", "/R,100,G,200"), ("path", "simple", true, "/3,4,5", "/R=100,G=200"),
            ("path", "label", false, "/.3,4,5", "/.R,100,G,200"), ("path", "label", true, "/.3.4.5", "/.R=100.G=200"),
            ("path", "matrix", false, "/;p=3,4,5", "/;p=R,100,G,200"),
            ("path", "matrix", true, "/;p=3;p=4;p=5", "/;R=100;G=200"),
            ("query", "form", true, "?p=3&p=4&p=5", "?R=100&G=200"),
            ("query", "form", false, "?p=3,4,5", "?p=R,100,G,200"),
            ("query", "spaceDelimited", false, "?p=3%204%205", "?p=R%20100%20G%20200"),
            ("query", "pipeDelimited", false, "?p=3%7C4%7C5", "?p=R%7C100%7CG%7C200"),
            ("query", "deepObject", true, "?p=3&p=4&p=5", "?p%5BR%5D=100&p%5BG%5D=200"),
        ])
    func styles(_ place: String, _ style: String, _ isExploded: Bool, _ list: String, _ object: String) async throws {
        let document = Self.openAPI(
            [
                "parameters": [
                    ["name": "p", "in": .string(place), "style": .string(style), "explode": .bool(isExploded)]
                ]
            ],
            path: place == "path" ? "/{p}" : "/")
        let slash = place == "path" ? "" : "/"
        #expect(try await seen(document, "doIt", ["p": [3, 4, 5]]).target == slash + list)
        #expect(try await seen(document, "doIt", ["p": ["R": 100, "G": 200]]).target == slash + object)
    }

    @Test("OpenAPI 3: header, cookie, a parameter that is JSON, and the operation's own in place of the path's")
    func places() async throws {
        let document: JSONValue = [
            "openapi": "3.0.3",
            "paths": [
                "/a": [
                    "parameters": [["name": "q", "in": "query", "required": true], ["name": "h", "in": "header"]],
                    "get": [
                        "operationId": "read",
                        "parameters": [
                            ["name": "q", "in": "query"], ["name": "c", "in": "cookie"], ["name": "d", "in": "cookie"],
                            ["name": "filter", "in": "query", "content": ["application/json": [:]]],
                        ],
                    ],
                ]
            ],
        ]
        let request = try await seen(
            document, "read", ["h": ["a", "b"], "c": 1, "d": "x;y", "filter": ["a": [1]], "q": .null])
        #expect(request.target == "/a?filter=%7B%22a%22%3A%5B1%5D%7D" && request.header("h") == "a,b")
        #expect(request.header("cookie") == "c=1; d=x%3By")
    }

    @Test("a body: `body`, or what is left; JSON before forms before text")
    func bodies() async throws {
        func document(_ content: JSONObject, required: Bool = false) -> JSONValue {
            Self.openAPI(
                [
                    "requestBody": ["$ref": "#/components/requestBodies/b"],
                    "parameters": [["name": "id", "in": "path"]],
                ],
                ["components": ["requestBodies": ["b": ["required": .bool(required), "content": .object(content)]]]])
        }
        let json = document(["text/plain": [:], "application/merge-patch+json": [:]])
        let left = try await seen(json, "doIt", ["id": 7, "a": 1, "b": [2]])
        #expect(left.body == #"{"a":1,"b":[2]}"# && left.header("content-type") == "application/merge-patch+json")
        #expect(left.target == "/things/7")
        #expect(try await seen(json, "doIt", ["id": 7, "body": "text"]).body == "\"text\"")
        #expect(try await seen(json, "doIt", ["id": 7]).header("content-type") == nil)
        let form = document(["text/plain": [:], "application/x-www-form-urlencoded": [:]])
        #expect(try await seen(form, "doIt", ["id": 7, "a": [1, 2]]).body == "a=1&a=2")
        let text = document(["application/xml": [:]], required: true)
        #expect(try await seen(text, "doIt", ["id": 7, "body": "<a/>"]).body == "<a/>")
        #expect(try await refusal(text, "doIt", ["id": 7, "a": 1])?.detail.contains("as a text") == true)
        #expect(try await refusal(text, "doIt", ["id": 7])?.detail.contains("needs `body` (body)") == true)
        #expect(try await refusal(json, "doIt", ["id": 7, "body": 1, "else": 2])?.detail.contains("`else`") == true)
    }

    @Test("what is missing, unknown or cannot stand in its place is named, and nothing is sent")
    func refusals() async throws {
        let missing = try await refusal(Self.swagger, "findPetsByStatus")
        #expect(missing?.kind == .invalidArguments && missing?.detail.contains("needs `status` (query)") == true)
        let unknown = try await refusal(Self.swagger, "getPetById", ["petId": 1, "colour": "red"])
        #expect(
            unknown?.kind == .invalidArguments
                && unknown?.detail.contains("no parameter `colour`; it has `petId`") == true)
        for value: JSONValue in ["", ".", "..", ["a": ["b": 1]], [[1]]] {
            #expect(
                try await refusal(Self.swagger, "getPetById", ["petId": value])?.kind == .invalidArguments, "\(value)")
        }
        #expect(
            try await refusal(Self.swagger, "updatePetWithForm", ["petId": 1, "X-Trace": "a\r\nb"])?.kind
                == .invalidArguments)
        let near = try await refusal(Self.swagger, "getPetByID2")
        #expect(near?.kind == .configuration && near?.detail.contains("did you mean `getPetById`?") == true)
        #expect(try await refusal(Self.swagger, "x")?.detail.contains("it has 5 others") == true)
        #expect(try await refusal(Self.swagger, "getPetById", "petId")?.kind == .invalidArguments)
    }

    @Test(
        "where an operation is called",
        arguments: [
            ([:], "/things/1"), (["servers": []], "/things/1"), (["servers": [["url": "v1/"]]], "/docs/v1/things/1"),
            (["servers": [["url": "../{v}/x"], ["url": "https://other.example"]], "v": "w"], "/w/x/things/1"),
            (["servers": [["url": "{base}/deep"]], "v": "y"], "/base/deep/things/1"),
            (["servers": [["url": "/"]]], "/things/1"),
        ] as [(JSONObject, String)])
    func servers(_ given: JSONObject, _ target: String) async throws {
        let changes = given["servers"].flatMap { servers -> JSONObject? in
            guard case .array(var list) = servers, !list.isEmpty else { return ["servers": servers] }
            list[0].set("variables", ["v": ["default": given["v"] ?? .null], "base": ["default": "/base"]])
            return ["servers": .array(list)]
        }
        let document = Self.openAPI(["parameters": [["name": "id", "in": "path"]]], changes ?? [:])
        #expect(try await seen(document, "doIt", ["id": 1]).target == target)
    }

    @Test("a server on another host is reached under the plant's rules alone, and must be an address")
    func otherServers() async throws {
        for (url, kind) in [
            ("https://other.example/", CallFailure.Kind.authorization), ("mailto:x", .configuration),
            ("{x}", .configuration),
        ] {
            let document = Self.openAPI([:], ["servers": [["url": .string(url)]]], path: "/")
            #expect(try await refusal(document, "doIt")?.kind == kind, "\(url)")
        }
        let wrong: JSONValue = ["swagger": "2.0", "schemes": ["ws"], "paths": ["/": ["get": ["operationId": "doIt"]]]]
        #expect(try await refusal(wrong, "doIt")?.kind == .configuration)
    }

    @Test("a document in YAML, its authentication, the call's own, and each output")
    func yaml() async throws {
        let yaml = "openapi: 3.0.0\npaths:\n  /a:\n    get:\n      operationId: read\n"
        let peer = try await HTTPPeer { request, _ in
            let isDocument = request.target == "/docs/api.yaml"
            guard request.header("authorization") == (isDocument ? "Bearer d0cument" : "Basic YTpi") else {
                return answer(401, "")
            }
            return isDocument
                ? answer(200, yaml, "") : answer(302, "[1]", "Location: /else\r\nContent-Type: application/json\r\n")
        }
        let calls = TaskCalls(peer)
        var arguments: JSONValue = [
            "document": [
                "name": "the-api",
                "endpoint": [
                    "uri": .string(peer.base + "/docs/api.yaml"), "authentication": ["bearer": ["token": "d0cument"]],
                ],
            ],
            "operationId": "read", "authentication": ["basic": ["username": "a", "password": "b"]],
        ]
        #expect(await calls.failure(arguments, function: "openapi")?.status == 302)
        arguments.set("redirect", true)
        #expect(try await calls.call(arguments, function: "openapi") == [1])
        arguments.set("output", "response")
        let whole = try await calls.call(arguments, function: "openapi")
        #expect(whole["request"]?["method"] == "get" && whole["request"]?["uri"] == .string(peer.base + "/a"))
        #expect(whole["statusCode"] == 302 && whole["content"] == [1])
        #expect(peer.requests.filter { $0.target == "/docs/api.yaml" }.count == 1)
        // What the credential opened is not for a call without it.
        arguments.set("document", ["endpoint": .string(peer.base + "/docs/api.yaml")])
        let failure = await calls.failure(arguments, function: "openapi")
        #expect(failure?.detail.contains("answered 401 when asked for the document") == true)
        await peer.stop()
    }
}
