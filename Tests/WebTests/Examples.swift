import Catalogue
import Execution
import HTTPTypes
import HummingbirdTesting
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Vault
import Web

/// One request for each operation that changes something, with everything that it needs made before.
struct Examples: Sendable {
    /// What the requests give as their reason where they have a field for it.
    static let reason = "a reason of its own"

    struct Example: Sendable {
        var path: String
        var body: String?
        var headers: HTTPFields = [:]
        var key: String
        var actor: PrincipalID?
    }

    let fixture: WebFixture
    let client: any TestClientProtocol
    /// Of an administrator of the platform.
    let key: String

    var tenants: TenantFixture { fixture.tenants }

    /// What an operation is done on: tenants of its own.
    struct Stage {
        let place: TenantFixture.Place
        let source: ScopeSource

        var scope: TenantScope {
            switch source {
            case .platform: .platform
            case .partner: place.partner
            case .client: place.client
            case .plant: place.scope
            }
        }

        /// Only the first names of a declared path are the tenants'; the others are given.
        func path(_ operation: Operation, _ values: [String: String] = [:], query: String? = nil) -> String {
            var path = operation.path
            let tenants = [
                "partner": "\(place.partnerID)", "client": "\(place.clientID)", "plant": "\(place.plantID)",
            ]
            for (name, value) in tenants.merging(values, uniquingKeysWith: { $1 }) {
                path = path.replacing("{\(name)}", with: value)
            }
            return path + (query.map { "?" + $0 } ?? "")
        }
    }

    /// `nil` for an operation that is not known here.
    func example(of operation: Operation) async throws -> Example? {
        guard case .permission(_, let source) = operation.access else { return nil }
        let stage = Stage(place: try await tenants.makePlant(), source: source)
        let caller = try await tenants.authenticator.authenticate(apiKey: key)?.principal.id
        guard var example = try await request(operation, stage) else { return nil }
        if example.key.isEmpty {
            example.key = key
            example.actor = caller
        }
        return example
    }

    private func request(_ operation: Operation, _ stage: Stage) async throws -> Example? {
        // Operations that exist at several levels are named after them: `partnerIssueAPIKey`, `suspendClient`.
        var name = operation.id
        for level in ["platform", "partner", "client", "plant"] {
            if name.hasPrefix(level) { name = String(name.dropFirst(level.count)) }
            let title = level.prefix(1).uppercased() + level.dropFirst()
            if ["change", "suspend", "resume", "delete"].contains(where: { name == $0 + title }) {
                name = String(name.dropLast(title.count)) + "Tenant"
            }
        }
        if let example = try await tenantRequest(name, operation, stage) { return example }
        if let example = try await principalRequest(name, operation, stage) { return example }
        if let example = try await settingRequest(name, operation, stage) { return example }
        if let example = try await billingRequest(name, operation, stage) { return example }
        if let example = try await catalogueRequest(name, operation, stage) { return example }
        if let example = try await humanTaskRequest(name, operation, stage) { return example }
        return try await runRequest(name, operation, stage)
    }

    func plain(_ path: String, _ body: JSONValue? = nil, tag: String? = nil) -> Example {
        Example(path: path, body: body?.serialized(), headers: tag.map { [.ifMatch: $0] } ?? [:], key: "", actor: nil)
    }

    /// The ETag of what stands at the path.
    func tag(_ path: String) async throws -> String {
        try #require(try await client.call(.get, path, key: key).headers[.eTag], "\(path) has no ETag")
    }

    private func tenantRequest(_ name: String, _ operation: Operation, _ stage: Stage) async throws -> Example? {
        let path = stage.path(operation)
        let slug = "s\(UInt32.random(in: 0 ... .max))"
        switch name {
        case "createPartner", "createClient": return plain(path, ["slug": .string(slug), "name": "New"])
        case "createPlant": return plain(path, ["slug": .string(slug), "name": "New", "timeZone": "Europe/Berlin"])
        case "changeTenant":
            return plain(path, ["name": "Renamed", "reason": .string(Self.reason)], tag: try await tag(path))
        case "suspendTenant": return plain(path, ["reason": .string(Self.reason)])
        case "resumeTenant":
            _ = try await tenants.directory.suspend(stage.scope, reason: "x", by: .system)
            return plain(path, ["reason": .string(Self.reason)])
        case "deleteTenant":
            return plain(stage.path(operation, query: "reason=a%20reason%20of%20its%20own"), tag: try await tag(path))
        default: return nil
        }
    }

    private func principalRequest(_ name: String, _ operation: Operation, _ stage: Stage) async throws -> Example? {
        if name == "CreatePrincipal" {
            return plain(
                stage.path(operation), ["kind": "user", "displayName": "Ada", "email": "ada@example.com", "roles": []])
        }
        let holder = try await tenants.makePrincipal(.auditor, in: stage.scope)
        let values = ["principal": "\(holder.principal.id)", "key": "\(holder.keyID)"]
        let path = stage.path(operation, values)
        switch name {
        case "ChangePrincipal": return plain(path, ["displayName": "Eve"], tag: try await tag(path))
        case "DisablePrincipal": return plain(path, ["reason": .string(Self.reason)])
        case "EnablePrincipal":
            _ = try await tenants.principals.disable(holder.principal.id, in: stage.scope, by: .system)
            return plain(path, [:])
        case "DeletePrincipal": return plain(path)
        case "GrantRole":
            let nobody = try await tenants.makePrincipal(nil, in: stage.scope)
            return plain(stage.path(operation, ["principal": "\(nobody.principal.id)"]), ["role": "auditor"])
        case "RevokeRole": return plain(path, ["role": "auditor"])
        case "IssueAPIKey": return plain(path, ["name": "n"])
        case "RevokeAPIKey": return plain(path, ["reason": .string(Self.reason)])
        case "SetPassword": return plain(path, ["password": "a long enough password"])
        default: return nil
        }
    }

    private func settingRequest(_ name: String, _ operation: Operation, _ stage: Stage) async throws -> Example? {
        let path = stage.path(operation)
        let host = "h\(UInt32.random(in: 0 ... .max)).example.com"
        switch name {
        case "ReplaceBrand": return plain(path, ["fields": ["productName": "Acme"]], tag: try await tag(path))
        case "AddHostName": return plain(path, ["host": .string(host)])
        case "RemoveHostName":
            try await tenants.brands.addHost(host, to: stage.scope, by: .system)
            return plain(stage.path(operation, query: "host=" + host))
        case "withholdHostName": return plain(path, ["host": .string(host), "reason": .string(Self.reason)])
        case "releaseHostName":
            try await tenants.brands.withholdHost(host, reason: "a mistake", by: .system)
            return plain(stage.path(operation, query: "host=" + host))
        case "replaceProcessPolicy": return plain(path, ["allow": ["python"]])
        case "replaceBusinessCalendar": return plain(path, ["hours": ["monday": ["08:00-16:00"]]])
        case "putEgressRule": return plain(path, ["host": .string(host), "port": 443])
        case "removeEgressRule":
            try await tenants.egress.put(EgressRule(host: host, port: 443), for: stage.scope, by: .system)
            return plain(stage.path(operation, query: "host=\(host)&port=443"))
        case "CreateCredential":
            return plain(path, ["name": "cmms", "kind": "bearer", "value": "s3cret", "hosts": [.string(host)]])
        case "RotateCredential", "DeleteCredential", "SetCredentialHosts":
            let made = try await fixture.vault.create(
                name: "cmms", kind: "bearer", value: Redacted(Array("s3cret".utf8)), hosts: ["cmms.example"],
                in: stage.scope, by: .system)
            let path = stage.path(operation, ["credential": "\(made.id)"])
            switch name {
            case "RotateCredential": return plain(path, ["value": "n3w"])
            case "SetCredentialHosts": return plain(path, ["hosts": [.string(host)]])
            default: return plain(path)
            }
        case "setRunnerState": return plain(path, ["desiredState": "stopped"])
        default: return nil
        }
    }

    private func billingRequest(_ name: String, _ operation: Operation, _ stage: Stage) async throws -> Example? {
        let path = stage.path(operation)
        let book: JSONValue = [
            "name": "Standard", "currency": "EUR", "validFrom": "2020-01-01", "flatFee": 10,
            "meters": ["runs": ["included": 2, "tiers": [["unitPrice": "0.01"]]]],
        ]
        switch name {
        case "AddPriceBook": return plain(path, book)
        case "DraftInvoice", "FinaliseInvoice":
            let books = path.split(separator: "/").prefix(3).joined(separator: "/")
            let made = try await client.call(.post, "/\(books)/price-books", key: key, book.serialized())
            #expect(made.status == 201, "\(made.body)")
            return plain(path, ["period": "2020-01"])
        default: return nil
        }
    }
}
