import HTTPTypes
import JSON
import Primitives
import Tenancy
import Vault

/// Secrets go in and never come out: what is shown is a handle.
struct CredentialOperations {
    let vault: Vault
    typealias Level = TenantOperations.Level

    var all: [Operation] {
        [Level.partner, .client, .plant].flatMap {
            [list($0), create($0), read($0), rotate($0), setHosts($0), delete($0)]
        }
    }

    static func json(_ credential: Credential) -> JSONValue {
        var object: JSONObject = [
            "id": .string(credential.id.description), "name": .string(credential.name),
            "kind": .string(credential.kind), "hosts": .array(credential.hosts.map(JSONValue.string)),
            "currentVersion": JSONValue(credential.currentVersion),
            "scope": .string(credential.scope.description), "createdAt": .string(credential.createdAt.description),
        ]
        object.set("rotatedAt", ifPresent: credential.rotatedAt.json)
        return .object(object)
    }

    private static let schema = Schema.object(
        [
            "id": Schema.uuid, "name": Schema.string, "kind": Schema.string, "hosts": Schema.array(Schema.string),
            "currentVersion": Schema.integer, "scope": Schema.string, "createdAt": Schema.timestamp,
            "rotatedAt": Schema.timestamp,
        ], required: ["id", "name", "kind", "currentVersion"])

    private static let valueSchema: JSONValue = [
        "description": "Text, or an object of parts such as username and password.",
        "anyOf": [["type": "string", "minLength": 1], ["type": "object", "minProperties": 1]],
    ]

    private func list(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "Credentials", method: .get, path: level.path + "/credentials",
            summary: "The credentials that can be used in this \(level.source.rawValue).", tag: "Credentials",
            access: .permission(.credentialsRead, on: level.source), query: QueryParameter.page,
            success: .init(.ok, "A page of handles.", schema: Schema.page(Self.schema))
        ) { call in
            let request = try call.pageRequest()
            let read = try await vault.credentials(
                in: call.scope, after: request.after.map { CredentialID($0) }, limit: request.limit + 1)
            return .page(request.page(of: read) { $0.id.raw }, Self.json)
        }
    }

    private func create(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "CreateCredential", method: .post, path: level.path + "/credentials",
            summary: "Stores a secret. It can be used and replaced, never read.", tag: "Credentials",
            access: .permission(.credentialsWrite, on: level.source),
            body: .init(
                Schema.object(
                    [
                        "name": Schema.text, "kind": Schema.text, "value": Self.valueSchema, "hosts": Self.hostsSchema,
                    ],
                    required: ["name", "kind", "value"])),
            success: .init(.created, "The handle.", schema: Self.schema)
        ) { call in
            let made = try await vault.create(
                name: call.text("name"), kind: call.text("kind"), value: Self.value(call), hosts: Self.hosts(call),
                in: call.scope, by: call.actor)
            return Reply(.created, .json(Self.json(made)), headers: [.eTag: "\"\(made.version)\""])
        }
    }

    private func read(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "ReadCredential", method: .get,
            path: level.path + "/credentials/{credential}", summary: "One handle, with its ETag.", tag: "Credentials",
            access: .permission(.credentialsRead, on: level.source),
            success: .init(.ok, "The handle.", schema: Self.schema)
        ) { call in
            let credential = try await vault.credential(call.id("credential", of: "credential"), in: call.scope)
            return .versioned(Self.json(credential), credential.version)
        }
    }

    private func rotate(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "RotateCredential", method: .post,
            path: level.path + "/credentials/{credential}/rotate",
            summary: "Gives a credential a new value; runners get it with their next settings.", tag: "Credentials",
            access: .permission(.credentialsWrite, on: level.source),
            body: .init(
                Schema.object(["value": Self.valueSchema, "reason": Schema.text], required: ["value"])),
            success: .init(.ok, "The handle as it is now.", schema: Self.schema)
        ) { call in
            let rotated = try await vault.rotate(
                call.id("credential", of: "credential"), to: Self.value(call), in: call.scope,
                reason: call.body["reason"]?.stringValue, by: call.actor)
            return .versioned(Self.json(rotated), rotated.version)
        }
    }

    private func setHosts(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "SetCredentialHosts", method: .put,
            path: level.path + "/credentials/{credential}/hosts",
            summary: "Says where a credential may be sent to; runners are told with their next settings.",
            tag: "Credentials", access: .permission(.credentialsWrite, on: level.source),
            body: .init(
                Schema.object(["hosts": Self.hostsSchema, "reason": Schema.text], required: ["hosts"])),
            success: .init(.ok, "The handle as it is now.", schema: Self.schema)
        ) { call in
            let changed = try await vault.setHosts(
                call.id("credential", of: "credential"), to: Self.hosts(call), in: call.scope,
                reason: call.body["reason"]?.stringValue, by: call.actor)
            return .versioned(Self.json(changed), changed.version)
        }
    }

    private func delete(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "DeleteCredential", method: .delete,
            path: level.path + "/credentials/{credential}", summary: "Destroys a secret. Final.", tag: "Credentials",
            access: .permission(.credentialsWrite, on: level.source), query: [.init("reason", "Why, for the audit.")],
            success: .init(.noContent, "It is destroyed.")
        ) { call in
            try await vault.delete(
                call.id("credential", of: "credential"), in: call.scope, reason: call.queryValues["reason"],
                by: call.actor)
            return .noContent
        }
    }

    private static let hostsSchema: JSONValue = [
        "description":
            "Where it may be sent to: host names, '*.' and a name for all below it, or IP addresses; a port may follow. A partner's and a client's must name them.",
        "type": "array", "items": ["type": "string", "minLength": 1, "maxLength": 260],
        "maxItems": JSONValue(CredentialHost.maximumHosts),
    ]

    private static func hosts(_ call: Call) -> [String] {
        (call.body["hosts"]?.arrayValue ?? []).compactMap(\.stringValue)
    }

    private static func value(_ call: Call) -> Redacted<[UInt8]> {
        let value = call.body["value"] ?? .null
        if let text = value.stringValue { return Redacted(Array(text.utf8)) }
        return Redacted(value.serializedBytes())
    }
}
