import Billing
import Catalogue
import Execution
import JSON
import Primitives
import Tenancy
import Vault

/// Brings the database to what the tenant files say. Applying again changes nothing; what the files do not name stays.
struct TenantApplier {
    let domain: Domain
    let connectors: ConnectorFolder
    /// Only look: every step is planned and none is taken.
    let isDryRun: Bool
    var plan = TenantPlan()

    let actor = Actor(kind: .system, principalID: nil, displayName: "millwright apply", origin: "command")

    init(_ domain: Domain, connectors: ConnectorFolder, isDryRun: Bool) {
        self.domain = domain
        self.connectors = connectors
        self.isDryRun = isDryRun
    }

    mutating func apply(_ files: TenantFiles) async throws {
        for partner in files.partners {
            guard let scope = try await partnerScope(partner) else { continue }
            try await common(partner.brand, partner.hostNames, partner.principals, scope, partner.slug)
            if let id = scope.partnerID {
                try await prices(partner.partnerPrices, .partner(id), "what \(partner.slug) pays")
                try await prices(partner.clientPrices, .clients(of: id), "what the clients of \(partner.slug) pay")
            }
            for client in partner.clients { try await apply(client, of: scope, partner.slug) }
        }
    }

    private mutating func apply(_ client: TenantFiles.ClientFile, of partner: TenantScope, _ path: String) async throws
    {
        let path = path + "/" + client.slug
        guard let scope = try await clientScope(client, of: partner, path) else { return }
        if let partnerID = scope.partnerID, let clientID = scope.clientID {
            try await prices(client.prices, .client(partnerID, clientID), "what \(path) alone pays")
        }
        try await common(client.brand, client.hostNames, client.principals, scope, path)
        for plant in client.plants {
            let path = path + "/" + plant.slug
            guard let scope = try await plantScope(plant, of: scope, path) else { continue }
            try await common(plant.brand, [], plant.principals, scope, path)
            try await egress(plant.egress, scope, path)
            try await processes(plant.processes, scope, path)
            try await calendar(plant.businessCalendar, scope, path)
            try await connections(plant.connections, scope, path)
            try await workflows(plant.workflows, scope, path)
        }
    }

    // MARK: Tenants

    /// `nil` when the plan would make it: what is below it is then made as well, and is not looked at.
    private mutating func partnerScope(_ file: TenantFiles.PartnerFile) async throws -> TenantScope? {
        if let place = try await domain.tenants.place(path: file.slug) {
            return try await renamed(place.scope, file.name, file.slug)
        }
        plan.add(.create, "partner \(file.slug)")
        if isDryRun { return nil }
        return try await domain.tenants.createPartner(slug: file.slug, name: file.name, by: actor).scope
    }

    private mutating func clientScope(
        _ file: TenantFiles.ClientFile, of partner: TenantScope, _ path: String
    ) async throws -> TenantScope? {
        if let place = try await domain.tenants.place(path: path) {
            return try await renamed(place.scope, file.name, path)
        }
        plan.add(.create, "client \(path)")
        guard !isDryRun, let partnerID = partner.partnerID else { return nil }
        return try await domain.tenants.createClient(
            in: partnerID, slug: file.slug, name: file.name, currency: file.currency, by: actor
        ).scope
    }

    private mutating func plantScope(
        _ file: TenantFiles.PlantFile, of client: TenantScope, _ path: String
    ) async throws -> TenantScope? {
        if let place = try await domain.tenants.place(path: path) {
            return try await renamed(place.scope, file.name, path)
        }
        plan.add(.create, "plant \(path)")
        guard !isDryRun, let partnerID = client.partnerID, let clientID = client.clientID else { return nil }
        return try await domain.tenants.createPlant(
            in: partnerID, clientID, slug: file.slug, name: file.name, timeZone: file.timeZone, by: actor
        ).scope
    }

    private mutating func renamed(_ scope: TenantScope, _ name: String, _ path: String) async throws -> TenantScope {
        guard try await domain.tenants.tenant(scope).name != name else { return scope }
        plan.add(.change, "name of \(path)")
        if !isDryRun { _ = try await domain.tenants.rename(scope, to: name, by: actor) }
        return scope
    }

    private mutating func prices(
        _ given: TenantFiles.PriceEntry?, _ audience: PriceAudience, _ what: String
    ) async throws {
        guard let given else { return }
        let terms = given.terms
        let known = try await domain.priceBooks.books(for: audience)
        if known.contains(where: { $0.terms == terms }) { return }
        guard !known.contains(where: { $0.terms.validFrom == terms.validFrom }) else {
            throw Problem(
                .wrongState, "Prices are never changed, only followed by others.",
                items: [
                    .init(
                        path: given.place,
                        message:
                            "a book from \(terms.validFrom) on is there with other prices; choose a later first of a month"
                    )
                ])
        }
        plan.add(.create, "prices: \(what)")
        if !isDryRun { _ = try await domain.priceBooks.add(terms, for: audience, by: actor) }
    }

    // MARK: What every level has

    private mutating func common(
        _ brand: JSONValue?, _ hostNames: [String], _ principals: [TenantFiles.PrincipalEntry], _ scope: TenantScope,
        _ path: String
    ) async throws {
        if let brand {
            let fields = try BrandFields(json: brand)
            let record = try await domain.brands.record(of: scope)
            if record.fields != fields {
                plan.add(record.version == 0 ? .create : .change, "brand of \(path)")
                if !isDryRun { _ = try await domain.brands.set(fields, for: scope, by: actor) }
            }
        }
        let known = Set(try await domain.brands.hostNames(of: scope))
        for host in hostNames where !known.contains(host.lowercased()) {
            plan.add(.create, "host name \(host) of \(path)")
            if !isDryRun { try await domain.brands.addHost(host, to: scope, by: actor) }
        }
        for entry in principals { try await principal(entry, scope, path) }
    }

    private mutating func principal(
        _ entry: TenantFiles.PrincipalEntry, _ scope: TenantScope, _ path: String
    ) async throws {
        let bindings = try entry.roles.map { name -> RoleBinding in
            guard let role = Role(rawValue: name) else {
                throw Problem(
                    .invalidParameters, "\(path): there is no role \(name).",
                    items: Role.allCases.map { .init(path: "roles", message: "known: \($0.rawValue)") })
            }
            return RoleBinding(role: role, scope: scope)
        }
        guard let found = try await domain.principals.principal(email: entry.email, home: scope) else {
            plan.add(.create, "principal \(entry.email) of \(path)")
            if isDryRun { return }
            let new = NewPrincipal(
                kind: .user, displayName: entry.displayName, email: entry.email, home: scope, bindings: bindings)
            _ = try await domain.principals.create(new, grantedBy: .system, by: actor)
            return
        }
        for binding in bindings where !found.bindings.contains(binding) {
            plan.add(.change, "role \(binding.role.rawValue) of \(entry.email) in \(path)")
            if isDryRun { continue }
            _ = try await domain.principals.grant(
                binding, to: found.id, in: scope, grantedBy: .system, by: actor)
        }
    }

    // MARK: What plants have

    private mutating func egress(
        _ entries: [TenantFiles.EgressEntry], _ scope: TenantScope, _ path: String
    ) async throws {
        let known = Set(try await domain.egress.rules(of: scope))
        for entry in entries {
            let rule = try EgressRule(host: entry.host, port: entry.port, allowsPrivate: entry.allowsPrivate)
            guard !known.contains(rule) else { continue }
            plan.add(.create, "egress rule \(rule.host):\(rule.port) of \(path)")
            if !isDryRun { try await domain.egress.put(rule, for: scope, by: actor) }
        }
    }

    private mutating func processes(
        _ entry: TenantFiles.ProcessesEntry?, _ scope: TenantScope, _ path: String
    ) async throws {
        guard let policy = try entry?.policy() else { return }
        guard try await domain.processPolicies.policy(of: scope) != policy else { return }
        plan.add(.change, "process policy of \(path)")
        if !isDryRun { try await domain.processPolicies.set(policy, for: scope, by: actor) }
    }

    private mutating func calendar(
        _ entry: TenantFiles.CalendarEntry?, _ scope: TenantScope, _ path: String
    ) async throws {
        guard let entry, try await domain.calendars.calendar(of: scope) != entry.calendar else { return }
        plan.add(.change, "business calendar of \(path)")
        if !isDryRun { try await domain.calendars.replace(entry.calendar, of: scope, by: actor) }
    }

    private mutating func connections(
        _ entries: [TenantFiles.ConnectionEntry], _ scope: TenantScope, _ path: String
    ) async throws {
        let known = try await allConnections(scope)
        for entry in entries {
            let connector = try connectors.description(entry.connector)
            let old = known[entry.name]
            let credential = try await credential(entry, scope, path)
            let draft = ConnectionDraft(
                name: entry.name, connector: connector, configuration: entry.configuration, credentialID: credential)
            if let old {
                let isSame =
                    old.connector == draft.connector && old.configuration == draft.configuration
                    && old.credentialID == draft.credentialID
                if isSame { continue }
                plan.add(.change, "connection \(entry.name) of \(path)")
                if !isDryRun { _ = try await domain.connections.update(old.id, to: draft, in: scope, by: actor) }
            } else {
                plan.add(.create, "connection \(entry.name) of \(path)")
                if !isDryRun { _ = try await domain.connections.create(draft, in: scope, by: actor) }
            }
        }
    }

    private mutating func credential(
        _ entry: TenantFiles.ConnectionEntry, _ scope: TenantScope, _ path: String
    ) async throws -> CredentialID? {
        guard let given = entry.credential else { return nil }
        let name = entry.credentialName(given)
        if let known = try await domain.vault.credential(named: name, in: scope) { return known.id }
        guard let value = EnvironmentText.value(given.environment) else {
            throw Problem(
                .invalidParameters,
                "\(path): the credential of the connection \(entry.name) is taken from \(given.environment), which is not set."
            )
        }
        plan.add(.create, "credential of the connection \(entry.name) of \(path)")
        if isDryRun { return nil }
        return try await domain.vault.create(
            name: name, kind: given.kind, value: Redacted(Array(value.utf8)), in: scope, by: actor
        ).id
    }

    private mutating func workflows(
        _ entries: [TenantFiles.WorkflowEntry], _ scope: TenantScope, _ path: String
    ) async throws {
        let connections = try await allConnections(scope)
        for entry in entries {
            let version = try entry.version.map { text in
                guard let version = VersionNumber(text) else {
                    throw Problem(.invalidParameters, "\(path): \(text) is not a version like 1.0.0.")
                }
                return version
            }
            var bindings: [String: ConnectionID] = [:]
            for (capability, name) in entry.bindings {
                guard let connection = connections[name] else {
                    if isDryRun { continue }
                    throw Problem(.invalidParameters, "\(path): there is no connection \(name) for \(capability).")
                }
                bindings[capability] = connection.id
            }
            let template = TemplateReference.name(entry.template, version)
            guard let old = try await domain.workflows.workflow(named: entry.name, in: scope) else {
                plan.add(.create, "workflow \(entry.name) of \(path)")
                if isDryRun { continue }
                let draft = WorkflowDraft(
                    name: entry.name, template: template, parameters: entry.parameters, bindings: bindings,
                    isEnabled: entry.isEnabled)
                let made = try await domain.workflows.clone(draft, in: scope, by: actor)
                try await policy(entry, made.id, scope, path)
                continue
            }
            let wanted = try await domain.templates.template(entry.template, version: version, in: scope).version.id
            let isSame =
                old.templateVersionID == wanted && old.parameters == entry.parameters && old.bindings == bindings
                && old.isEnabled == entry.isEnabled
            if isSame {
                try await policy(entry, old.id, scope, path)
                continue
            }
            plan.add(.change, "workflow \(entry.name) of \(path)")
            if isDryRun { continue }
            try await policy(entry, old.id, scope, path)
            _ = try await domain.workflows.change(
                old.id,
                WorkflowChange(
                    template: .id(wanted), parameters: entry.parameters, bindings: bindings,
                    isEnabled: entry.isEnabled), in: scope, by: actor)
        }
    }

    private func allConnections(_ scope: TenantScope) async throws -> [String: PlantConnection] {
        let page = try await domain.connections.list(in: scope, page: try PageRequest(limit: 200))
        return Dictionary(page.items.map { ($0.name, $0) }) { first, _ in first }
    }
}

extension TenantFiles.ConnectionEntry {
    /// Under which name the vault has it.
    func credentialName(_ given: TenantFiles.CredentialEntry) -> String { "\(name) (from \(given.environment))" }
}
