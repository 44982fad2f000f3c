import Catalogue
import Execution
import HTTPTypes
import HummingbirdTesting
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Web
import Workflow

extension Examples {
    /// A small, clean template that needs no other system.
    static func template(_ slug: String) -> JSONValue {
        [
            "format": 1, "slug": .string(slug),
            "template": [
                "name": "Sample", "version": "1.0.0", "summary": "Does nothing.", "capabilities": [], "roles": [],
                "eventTypes": ["com.example.reported": ["schema": ["type": "object"]]],
                "parameters": [
                    "type": "object", "additionalProperties": false, "properties": ["site": ["type": "string"]],
                ],
            ],
            "workflow": [
                "document": ["dsl": "1.0.3", "namespace": "test", "name": .string(slug), "version": "1.0.0"],
                "schedule": ["on": ["one": ["with": ["type": "com.example.reported"]]]],
                "do": [["note": ["set": ["site": "${ $context.parameters.site }"]]]],
            ],
            "tests": [:],
        ]
    }

    static let connector: JSONValue = [
        "connector": "stand-in", "version": "1.0.0", "kind": "http", "authentication": ["none", "bearer"],
        "configuration": [
            "type": "object", "required": ["baseAddress"], "properties": ["baseAddress": ["type": "string"]],
        ],
        "operations": [
            "work-orders.create": [
                "request": ["method": "POST", "path": "/work-orders", "body": ".arguments"],
                "response": ["result": "{id: .body.id, number: .body.number, status: .body.status}"],
            ]
        ],
    ]

    private static func slug() -> String { "t\(UInt32.random(in: 0 ... .max))" }

    func catalogueRequest(_ name: String, _ operation: Operation, _ stage: Stage) async throws -> Example? {
        let configuration: JSONValue = ["baseAddress": "http://127.0.0.1:9"]
        let connection: JSONValue = ["name": "cmms", "connector": Self.connector, "configuration": configuration]
        switch name {
        case "publishPlatformTemplate", "publishTemplate":
            return plain(stage.path(operation), Self.template(Self.slug()))
        case "createConnection": return plain(stage.path(operation), connection)
        case "replaceConnection", "deleteConnection":
            let made = try await fixture.catalogue.connections.create(
                ConnectionDraft(name: "old", connector: Self.connector, configuration: configuration),
                in: stage.scope, by: .system)
            let path = stage.path(operation, ["connection": "\(made.id)"])
            return name == "deleteConnection" ? plain(path) : plain(path, connection, tag: try await tag(path))
        case "cloneWorkflow":
            let slug = try await published(in: stage)
            return plain(stage.path(operation), ["name": "w", "template": .string(slug), "parameters": ["site": "N"]])
        case "changeWorkflow":
            let path = stage.path(operation, ["workflow": "\(try await cloned(in: stage))"])
            return plain(path, ["enabled": false, "reason": .string(Self.reason)], tag: try await tag(path))
        default: return nil
        }
    }

    func runRequest(_ name: String, _ operation: Operation, _ stage: Stage) async throws -> Example? {
        switch name {
        case "startRun":
            return plain(
                stage.path(operation), ["workflowId": .string("\(try await cloned(in: stage))"), "input": [:]])
        case "cancelRun", "suspendRun", "resumeRun":
            let path = stage.path(operation, ["run": try await started(in: stage)])
            let body: JSONValue = ["reason": .string(Self.reason)]
            if name == "resumeRun" {
                let suspend = path.dropLast("resume".count) + "suspend"
                #expect(try await client.call(.post, String(suspend), key: key, body.serialized()).status == 200)
            }
            return plain(path, body)
        case "retryRun", "rerunRun", "restartRun", "migrateRun", "setRunPriority", "operateRuns",
            "cancelBulkOperation", "replayDeadLetter", "dismissDeadLetter", "setWorkflowPolicy":
            return try await repairRequest(name, operation, stage)
        default: return nil
        }
    }

    private func published(in stage: Stage) async throws -> String {
        let slug = Self.slug()
        let package = try #require(TemplatePackage.read(content: Self.template(slug)).package)
        _ = try await fixture.catalogue.templates.publish(package, in: .platform, by: .system)
        return slug
    }

    func cloned(in stage: Stage) async throws -> WorkflowID {
        let slug = try await published(in: stage)
        return try await fixture.catalogue.workflows.clone(
            WorkflowDraft(
                name: "w", template: .name(slug, nil), parameters: ["site": "N"], bindings: [:], isEnabled: true),
            in: stage.place.scope, by: .system
        ).id
    }

    func started(in stage: Stage) async throws -> String {
        let workflow = try await cloned(in: stage)
        let answer = try await client.call(
            .post, "/v1/plants/\(stage.place.plantID)/runs", key: key,
            (["workflowId": .string("\(workflow)"), "input": [:]] as JSONValue).serialized())
        return try #require(answer.body["id"]?.stringValue, "\(answer.body)")
    }
}

/// Every digest is the same small workflow.
struct SmallDefinitions: DefinitionSource {
    static let document: JSONValue = [
        "document": ["dsl": "1.0.3", "namespace": "tests", "name": "small", "version": "1.0.0"],
        "do": [["only": ["set": ["x": 1]]]],
    ]

    func definitions(_ digests: Set<String>, of plant: PlantKey) async throws -> [DefinitionEnvelope] {
        digests.sorted().map {
            DefinitionEnvelope(digest: $0, document: Self.document, parameters: [:], bindings: [:], facts: [:])
        }
    }
}

struct NoZones: TimeZoneSource {
    func rules(of name: String) async throws -> TimeZoneRules { .utc }
}

struct NoSettings: SettingsSource {
    func settings(of plant: PlantKey, newerThan revision: Int64, sealedTo publicKey: [UInt8]) async throws
        -> PlantSettings?
    { nil }
}
