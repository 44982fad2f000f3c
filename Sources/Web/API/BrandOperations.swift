import HTTPTypes
import JSON
import Primitives
import Tenancy

/// Brands and the host names that lead to them, at every level.
struct BrandOperations {
    let brands: BrandDirectory
    typealias Level = TenantOperations.Level

    var all: [Operation] {
        Level.all.flatMap { [read($0), replace($0), hosts($0), addHost($0), removeHost($0)] }
    }

    static let schema = Schema.object(
        [
            "fields": Schema.anyObject, "overridable": Schema.array(Schema.oneOf(BrandField.self)),
            "effective": Schema.anyObject,
        ], required: ["fields", "overridable"])

    private func read(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "ReadBrand", method: .get, path: level.path + "/brand",
            summary: "What this \(level.source.rawValue) sets of its brand, and what applies with all levels above.",
            tag: "Brand", access: .permission(.brandRead, on: level.source),
            success: .init(.ok, "The brand.", schema: Self.schema)
        ) { call in
            let record = try await brands.record(of: call.scope)
            return .versioned(try await json(record, call.scope), record.version)
        }
    }

    private func replace(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "ReplaceBrand", method: .put, path: level.path + "/brand",
            summary: "Replaces what this \(level.source.rawValue) sets of its brand.", tag: "Brand",
            access: .permission(.brandWrite, on: level.source),
            body: .init(
                Schema.object(
                    [
                        "fields": Schema.anyObject, "overridable": Schema.array(Schema.oneOf(BrandField.self)),
                        // What a reader got may be sent back as it is.
                        "effective": Schema.anyObject,
                    ],
                    required: ["fields"])),
            success: .init(.ok, "The brand as it is now.", schema: Self.schema), requiresVersion: true
        ) { call in
            let overridable = call.body["overridable"]?.arrayValue?.compactMap {
                $0.stringValue.flatMap(BrandField.init(rawValue:))
            }
            let record = try await brands.set(
                try BrandFields(json: call.body["fields"] ?? .object([:])),
                overridable: overridable.map(Set.init) ?? Set(BrandField.allCases), for: call.scope,
                expecting: call.expectedVersion, by: call.actor)
            return .versioned(try await json(record, call.scope), record.version)
        }
    }

    private func hosts(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "HostNames", method: .get, path: level.path + "/host-names",
            summary: "The host names on which pages show this brand.", tag: "Brand",
            access: .permission(.brandRead, on: level.source),
            success: .init(.ok, "All of them.", schema: Schema.object(["items": Schema.array(Schema.string)]))
        ) { call in
            .json(["items": .array(try await brands.hostNames(of: call.scope).map(JSONValue.string))])
        }
    }

    private func addHost(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "AddHostName", method: .post, path: level.path + "/host-names",
            summary: level.source == .client || level.source == .plant
                ? "Adds a host name below one that the partner holds."
                : "Adds a host name; it is unique on the platform.",
            tag: "Brand",
            access: .permission(.brandWrite, on: level.source),
            body: .init(Schema.object(["host": Schema.text], required: ["host"])),
            success: .init(.created, "It is added.", schema: Schema.object(["host": Schema.string]))
        ) { call in
            try await brands.addHost(
                call.text("host"), to: call.scope, asPlatform: call.principal?.home == .platform, by: call.actor)
            return .json(["host": .string(call.text("host").lowercased())], .created)
        }
    }

    private func removeHost(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "RemoveHostName", method: .delete, path: level.path + "/host-names",
            summary: "Removes a host name.", tag: "Brand", access: .permission(.brandWrite, on: level.source),
            query: [.init("host", "The host name.", isRequired: true)], success: .init(.noContent, "It is removed.")
        ) { call in
            try await brands.removeHost(call.queryValues["host"] ?? "", from: call.scope, by: call.actor)
            return .noContent
        }
    }

    private func json(_ record: BrandRecord, _ scope: TenantScope) async throws -> JSONValue {
        let words = BrandField.allCases.filter(record.overridable.contains).map { JSONValue.string($0.rawValue) }
        let brand = try await brands.brand(for: scope)
        return ["fields": record.fields.json, "overridable": .array(words), "effective": brand.json]
    }
}

extension Brand {
    /// What applies, as the API shows it.
    var json: JSONValue {
        BrandFields(
            productName: productName, logo: logo, colours: colours, font: font, supportAddress: supportAddress,
            legalLinks: legalLinks, mailSender: mailSender
        ).json
    }
}
