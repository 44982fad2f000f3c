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
        let plant = try await Self.made(
            client, "/v1/clients/\(clientID)/plants", ["slug": .string(slug), "name": .string(slug), "timeZone": "UTC"])
        _ = try await Self.made(
            client, "/v1/plants/\(plant)/workflows", ["name": "Two tasks", "template": "bench-two-tasks"])
        return plant
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
    static let template: JSONValue = [
        "format": 1, "slug": "bench-two-tasks",
        "template": [
            "name": "Two tasks", "version": "1.0.0", "summary": "What the bench runs.",
            "parameters": ["type": "object", "additionalProperties": false], "capabilities": [], "roles": [],
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
        "workflow": workflow,
        "tests": [:],
    ]

    static let workflow: JSONValue = [
        "document": ["dsl": "1.0.3", "namespace": "bench", "name": "bench-two-tasks", "version": "1.0.0"],
        "schedule": ["on": ["one": ["with": ["type": .string(eventType)]]]],
        "input": ["from": "${ if type == \"array\" then .[0] else . end }"],
        "do": [
            ["classify": ["set": ["asset": "${ .asset }", "isHigh": "${ .value > 90 }"]]],
            [
                "conclude": [
                    "set": ["asset": "${ .asset }", "severity": "${ if .isHigh then \"high\" else \"low\" end }"]
                ]
            ],
        ],
    ]
}
