import Connectors
import JSON
import NIOCore
import NIOPosix
import Primitives
import Testing

/// A connector of a small CMMS; `changes` are merged over the whole, `operation` over `work-orders.create`.
func connector(_ changes: JSONObject = [:], operation: JSONObject = [:]) -> JSONValue {
    var create: JSONObject = [
        "request": [
            "method": "POST", "path": "/orders/{ .configuration.site }",
            "query": ["kind": ".arguments.type", "tag": "[\"a\", \"b\"]"],
            "headers": ["X-Site": ".configuration.site", "X-None": "null"],
            "body": "{ name: .arguments.title, level: .arguments.priority }",
        ],
        "response": ["success": [200, 201], "result": "{ id: .body.key, number: .body.no, status: .body.state }"],
    ]
    for (key, value) in operation { create[key] = value.isNull ? nil : value }
    var whole: JSONObject = [
        "connector": "small-cmms", "version": "1.2.3", "kind": "http",
        "authentication": ["none", "bearer", "basic", "api-key", "oauth2-client-credentials"], "apiKeyHeader": "X-Key",
        "oauth2": ["tokenAddress": "/token", "scope": "orders"], "idempotencyHeader": "Idempotency-Key",
        "configuration": [
            "type": "object", "required": ["baseAddress", "site"],
            "properties": ["baseAddress": ["type": "string"], "site": ["type": "string"]],
        ],
        "limits": ["timeoutSeconds": 30, "readTimeoutSeconds": 30, "maximumResponseBytes": 65536],
        "retry": ["attempts": 3, "initialSeconds": 0.001, "maximumSeconds": 0.004],
        "operations": [
            "work-orders.create": .object(create),
            "work-orders.get": ["request": ["method": "GET", "path": "/orders/{ .arguments.id }"]],
            "work-orders.find": [
                "request": ["method": "GET", "path": "/orders", "query": ["ref": ".arguments.reference"]]
            ],
        ],
        "test": ["request": ["method": "GET", "path": "/ping"], "response": ["success": [200], "format": "none"]],
    ]
    for (key, value) in changes { whole[key] = value.isNull ? nil : value }
    return .object(whole)
}

/// A connection to a peer on loopback, ready to call.
func connectionClient(
    _ peer: HTTPPeer, _ document: JSONValue = connector(), credential: String? = nil, authentication: String? = nil,
    more ports: Int...
) throws -> ConnectionClient {
    var configuration: JSONObject = ["baseAddress": .string(peer.base + "/api"), "site": "plant 1/north"]
    if let authentication { configuration["authentication"] = .string(authentication) }
    let connection = try Connection(
        id: ConnectionID(), name: "cmms", connector: document, configuration: .object(configuration),
        credential: credential.map { Redacted(Array($0.utf8)) })
    let policy = EgressPolicy(
        rules: ([peer.peer.port] + ports).map {
            .init(pattern: HostPattern("127.0.0.1")!, port: $0, allowsPrivate: true)
        }, within: .loopback)
    let dialer = directDialer(policy)
    return ConnectionClient(
        connection: connection, client: OutboundClient(dialer: dialer), dialer: dialer,
        loop: MultiThreadedEventLoopGroup.singleton.any())
}

func createCall(
    _ arguments: JSONValue = ["title": "Leak", "priority": 2, "type": "PM01"], mayHaveHappened: Bool = false
) throws -> CapabilityCall {
    CapabilityCall(
        operation: try #require(CapabilityTable.standard.operation(named: "work-orders.create")), arguments: arguments,
        idempotencyKey: "key-1", timeoutSeconds: 40, mayHaveHappened: mayHaveHappened)
}

extension CallOutcome {
    var result: JSONValue? { if case .succeeded(let value) = self { value } else { nil } }
    var failure: CallFailure? { if case .failed(let failure) = self { failure } else { nil } }
}

let order = #"{"key":"7","no":"WO-7","state":"open"}"#
