import JSON
import NIOHTTP1
import Primitives

/// The tenants of a bench, made through the API like anybody's.
struct BenchPlatform: Sendable {
    static let eventType = "com.millwright.bench.reading"
    static let unheardEventType = "com.millwright.bench.unheard"

    let client: APIClient
    let partnerID: String
    let clientID: String

    init(_ client: APIClient) async throws {
        self.client = client
        partnerID = try await Self.made(client, "/v1/partners", ["slug": "bench", "name": "Bench"])
        clientID = try await Self.made(
            client, "/v1/partners/\(partnerID)/clients", ["slug": "bench", "name": "Bench", "currency": "EUR"])
        _ = try await client.call(
            .POST, "/v1/partners/\(partnerID)/templates", Self.template, idempotencyKey: UUIDv7().description)
    }

    /// A plant with the workflow of two tasks.
    func makePlant(_ slug: String) async throws -> String {
        try await makePlant(slug, running: "bench-two-tasks")
    }

    /// A plant with the workflow of a template, and its runner where one is waited for.
    func makePlant(_ slug: String, running template: String) async throws -> String {
        let plant = try await Self.made(
            client, "/v1/clients/\(clientID)/plants", ["slug": .string(slug), "name": .string(slug), "timeZone": "UTC"])
        _ = try await Self.made(
            client, "/v1/plants/\(plant)/workflows", ["name": "Bench", "template": .string(template)])
        return plant
    }

    /// A template whose runs are started by the bench's event and do these tasks.
    func publish(_ slug: String, roles: [JSONValue] = [], tasks: [JSONValue]) async throws {
        _ = try await client.call(
            .POST, "/v1/partners/\(partnerID)/templates", Self.template(slug, roles: roles, tasks: tasks),
            idempotencyKey: UUIDv7().description)
    }

    func waitForRunner(of plant: String) async throws {
        let deadline = ContinuousClock.now + .seconds(DemoSession.readySeconds)
        while try await client.get("/v1/plants/\(plant)/runner")["observedState"] != "ready" {
            guard ContinuousClock.now < deadline else {
                throw Problem(.unavailable, "The runner of plant \(plant) did not become ready.")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    static func made(_ client: APIClient, _ path: String, _ body: JSONValue) async throws -> String {
        let answer = try await client.call(.POST, path, body, idempotencyKey: UUIDv7().description)
        guard let id = answer.body["id"]?.stringValue else {
            throw Problem(.internalError, "POST \(path) answered without an id.")
        }
        return id
    }

    /// Two simple tasks, each with an expression over the event, as a small rule of a plant would have.
    static let template = template("bench-two-tasks", roles: [], tasks: twoTasks)
    static let workflow = workflow("bench-two-tasks", tasks: twoTasks)

    private static let twoTasks: [JSONValue] = [
        ["classify": ["set": ["asset": "${ .asset }", "isHigh": "${ .value > 90 }"]]],
        [
            "conclude": [
                "set": ["asset": "${ .asset }", "severity": "${ if .isHigh then \"high\" else \"low\" end }"]
            ]
        ],
    ]

    private static func template(_ slug: String, roles: [JSONValue], tasks: [JSONValue]) -> JSONValue {
        [
            "format": 1, "slug": .string(slug),
            "template": [
                "name": .string(slug), "version": "1.0.0", "summary": "What the bench runs.",
                "parameters": ["type": "object", "additionalProperties": false], "capabilities": [],
                "roles": .array(roles),
                "eventTypes": [
                    .init(stringLiteral: eventType): [
                        "summary": "A reading of a machine.",
                        "schema": [
                            "type": "object", "required": ["asset", "value"],
                            "properties": ["asset": ["type": "string"], "value": ["type": "number"]],
                        ],
                    ]
                ],
            ],
            "workflow": workflow(slug, tasks: tasks),
            "tests": [:],
        ]
    }

    private static func workflow(_ slug: String, tasks: [JSONValue]) -> JSONValue {
        [
            "document": ["dsl": "1.0.3", "namespace": "bench", "name": .string(slug), "version": "1.0.0"],
            "schedule": ["on": ["one": ["with": ["type": .string(eventType)]]]],
            "input": ["from": "${ if type == \"array\" then .[0].data else . end }"],
            "do": .array(tasks),
        ]
    }
}
