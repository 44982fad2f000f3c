import JSON
import Primitives
import Tenancy

/// An API key for each role, made once and kept beside the data for the next start. A real installation has no such
/// file: there a key is shown once to whoever makes it.
struct DemoKeys: Sendable {
    struct Entry: Sendable {
        var role: String
        /// Slug path of the tenant; empty for the platform.
        var place: String
        var token: String
    }

    var entries: [Entry]

    func token(_ role: Role, in place: String) -> String? {
        entries.first { $0.role == role.rawValue && $0.place == place }?.token
    }

    /// Reads the file, or makes the keys and writes it.
    static func ensure(_ domain: Domain, file: String) async throws -> DemoKeys {
        if let text = try? FileText.read(file), let value = try? JSONValue(parsing: text),
            let known = Self(value), try await known.areValid(domain)
        {
            return known
        }
        var keys = DemoKeys(entries: [])
        keys.entries.append(try await platformKey(domain, name: "demo"))
        for partner in try await domain.tenants.children(of: .platform, page: try PageRequest(limit: 200)).items {
            try await keys.addKeys(of: partner.scope, domain)
            for client in try await domain.tenants.children(of: partner.scope, page: try PageRequest(limit: 200)).items
            {
                try await keys.addKeys(of: client.scope, domain)
                let plants = try await domain.tenants.children(of: client.scope, page: try PageRequest(limit: 200))
                for plant in plants.items { try await keys.addKeys(of: plant.scope, domain) }
            }
        }
        try FileText.write(keys.json.serialized(.pretty) + "\n", to: file, mode: 0o600)
        return keys
    }

    private static let actor = Actor(kind: .system, principalID: nil, displayName: "millwright demo", origin: "command")

    /// A new key of the platform's administrator, who is made when there is none.
    static func platformKey(_ domain: Domain, name: String) async throws -> Entry {
        let email = "platform@millwright.example"
        var principal = try await domain.principals.principal(email: email, home: .platform)
        if principal == nil {
            principal = try await domain.principals.create(
                NewPrincipal(
                    kind: .user, displayName: "Platform administrator", email: email, home: .platform,
                    bindings: [RoleBinding(role: .platformAdmin, scope: .platform)]),
                grantedBy: .system, by: actor)
        }
        guard let principal else { throw Problem.notFound("principal") }
        let issued = try await domain.principals.issueKey(
            for: principal.id, name: name, in: .platform, by: actor)
        return Entry(role: Role.platformAdmin.rawValue, place: "", token: issued.token.reveal())
    }

    /// One key for every role that somebody holds at this very level.
    private mutating func addKeys(of scope: TenantScope, _ domain: Domain) async throws {
        let path = try await domain.tenants.place(of: scope)?.path ?? ""
        var cursor: String?
        repeat {
            let page = try await domain.principals.principals(
                in: scope, page: try PageRequest(limit: 200, cursor: cursor))
            for principal in page.items where principal.home == scope {
                guard let role = principal.bindings.first?.role, token(role, in: path) == nil else { continue }
                let issued = try await domain.principals.issueKey(
                    for: principal.id, name: "demo", in: scope, by: Self.actor)
                entries.append(Entry(role: role.rawValue, place: path, token: issued.token.reveal()))
            }
            cursor = page.next
        } while cursor != nil
    }

    private func areValid(_ domain: Domain) async throws -> Bool {
        for entry in entries where try await domain.authenticator.authenticate(apiKey: entry.token) == nil {
            return false
        }
        return !entries.isEmpty
    }

    private init?(_ value: JSONValue) {
        guard let items = value["keys"]?.arrayValue else { return nil }
        entries = items.compactMap { item in
            guard let role = item["role"]?.stringValue, let place = item["place"]?.stringValue,
                let token = item["token"]?.stringValue
            else { return nil }
            return Entry(role: role, place: place, token: token)
        }
    }

    private init(entries: [Entry]) { self.entries = entries }

    private var json: JSONValue {
        let items = entries.map { entry -> JSONValue in
            ["role": .string(entry.role), "place": .string(entry.place), "token": .string(entry.token)]
        }
        return ["keys": .array(items)]
    }
}
