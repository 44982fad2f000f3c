import Billing
import Catalogue
import JSON
import Primitives
import Tenancy
import YAML

/// Looks at everything that the tenant files ask for before any of it is done: a mistake in the last file must not be
/// found after the first ones were applied.
struct TenantCheck {
    /// `nil` looks at what can be said without a database.
    let domain: Domain?
    let home: String
    let problems: FileProblems

    var connectors: ConnectorFolder { ConnectorFolder(path: home + "/Connectors") }

    /// Reads the files and says everything that is wrong with them, before a database is needed.
    static func read(folder: String, home: String) async throws -> TenantFiles {
        let problems = FileProblems()
        let files = try TenantFiles.read(folder: folder, problems)
        try await TenantCheck(domain: nil, home: home, problems: problems).check(files)
        try refuse(problems)
        return files
    }

    /// Says everything that the database has against files that were read before.
    static func check(_ files: TenantFiles, against domain: Domain) async throws {
        let problems = FileProblems()
        try await TenantCheck(domain: domain, home: domain.settings.home, problems: problems).check(files)
        try refuse(problems)
    }

    private static func refuse(_ problems: FileProblems) throws {
        guard problems.hasErrors else { return }
        throw Problem(
            .invalidParameters, "The tenant files have mistakes; nothing was changed.",
            items: problems.all.map {
                .init(path: "\($0.file)\($0.location.map { ":\($0)" } ?? "")", message: $0.message)
            })
    }

    private func check(_ files: TenantFiles) async throws {
        for partner in files.partners {
            try await tenant(partner.at, slug: partner.slug, name: partner.name)
            common(partner.at, brand: partner.brand, hosts: partner.hostNames)
            principals(partner.principals, home: .partner(PartnerID()))
            let scope = try await domain?.tenants.place(path: partner.slug)?.scope
            if let id = scope?.partnerID {
                try await prices(partner.partnerPrices, .partner(id))
                try await prices(partner.clientPrices, .clients(of: id))
            }
            for client in partner.clients { try await check(client, partner.slug) }
        }
        // A host name leads to one tenant of the platform.
        doubles(
            files.partners.flatMap { partner in
                hosts(partner.hostNames, partner.at)
                    + partner.clients.flatMap { hosts($0.hostNames, $0.at) }
            })
    }

    private func check(_ client: TenantFiles.ClientFile, _ partner: String) async throws {
        try await tenant(client.at, slug: client.slug, name: client.name, currency: client.currency)
        common(client.at, brand: client.brand, hosts: client.hostNames)
        principals(client.principals, home: .client(PartnerID(), ClientID()))
        for plant in client.plants {
            try await tenant(plant.at, slug: plant.slug, name: plant.name, timeZone: plant.timeZone)
            common(plant.at, brand: plant.brand, hosts: [])
            principals(plant.principals, home: .plant(PartnerID(), ClientID(), PlantID()))
            for entry in plant.egress {
                objections(entry.place) {
                    let rule = try EgressRule(
                        host: entry.host, port: entry.port, allowsPrivate: entry.allowsPrivate)
                    try domain?.egress.requireAllowed(rule)
                }
            }
            for policy in plant.workflows.compactMap(\.policy) {
                objections(policy.place) { _ = try policy.policy() }
            }
            if let processes = plant.processes { objections(processes.place) { _ = try processes.policy() } }
            if let calendar = plant.businessCalendar { objections(calendar.place) { try calendar.check() } }
            let scope = try await domain?.tenants.place(path: "\(partner)/\(client.slug)/\(plant.slug)")?.scope
            try await connections(plant.connections, scope)
            try await workflows(plant, partner, scope)
        }
    }

    // MARK: What every level has

    private func tenant(
        _ place: TenantFiles.Place, slug: String, name: String, currency: String? = nil, timeZone: String? = nil
    ) async throws {
        add(TenantDirectory.objections(slug: slug, name: name, currency: currency), place)
        if let timeZone, let domain { add(try await domain.tenants.objections(timeZone: timeZone), place) }
    }

    private func common(_ place: TenantFiles.Place, brand: JSONValue?, hosts: [String]) {
        if let brand { objections(place, below: "/brand") { _ = try BrandFields(json: brand) } }
        for (index, host) in hosts.enumerated() {
            for item in BrandDirectory.objections(toHost: host) {
                problems.add(place.problem("/hostNames/\(index)", item.message))
            }
            // What a tenant is makes no difference to what is the platform's.
            if let reason = domain?.brands.reserved.objection(to: host, for: .partner(PartnerID()), isGiven: true) {
                problems.add(place.problem("/hostNames/\(index)", reason))
            }
        }
    }

    private func principals(_ entries: [TenantFiles.PrincipalEntry], home: TenantScope) {
        doubles(entries.map { ($0.email.lowercased(), $0.place, "/email") })
        for entry in entries {
            var bindings: [RoleBinding] = []
            var places: [Int] = []
            for (index, name) in entry.roles.enumerated() {
                guard let role = Role(rawValue: name) else {
                    let known = Role.allCases.map(\.rawValue).joined(separator: ", ")
                    problems.add(
                        entry.place.problem("/roles/\(index)", "there is no role “\(name)”; known are \(known)"))
                    continue
                }
                bindings.append(RoleBinding(role: role, scope: home))
                places.append(index)
            }
            let new = NewPrincipal(
                kind: .user, displayName: entry.displayName, email: entry.email, home: home, bindings: bindings)
            for item in PrincipalDirectory.objections(to: new, grantedBy: .system) {
                problems.add(entry.place.problem(Self.place(item.path, roles: places), item.message))
            }
        }
    }

    /// Where the file has what the directory calls otherwise.
    private static func place(_ path: String, roles: [Int]) -> String {
        if path == "/displayName" { return "/name" }
        guard path.hasPrefix("/roles/"), let index = Int(path.dropFirst("/roles/".count)) else { return path }
        return roles.indices.contains(index) ? "/roles/\(roles[index])" : path
    }

    /// Prices are never changed, only followed by others.
    private func prices(_ given: TenantFiles.PriceEntry?, _ audience: PriceAudience) async throws {
        guard let domain, let given else { return }
        let known = try await domain.priceBooks.books(for: audience)
        let day = given.terms.validFrom
        if known.contains(where: { $0.terms.validFrom == day && $0.terms != given.terms }) {
            let message = "a book from \(day) on is there with other prices; choose a later first of a month"
            problems.add(FileProblem(file: given.place, at: nil, message))
        }
    }

    private func hosts(_ names: [String], _ place: TenantFiles.Place) -> [(String, TenantFiles.Place, String)] {
        names.enumerated().map { ($0.element.lowercased(), place, "/hostNames/\($0.offset)") }
    }

    // MARK: Collecting

    /// Complains about every name that was there before.
    func doubles(_ names: [(name: String, place: TenantFiles.Place, path: String)], _ what: String = "") {
        var seen: Set<String> = []
        for (name, place, path) in names where !seen.insert(name).inserted {
            problems.add(place.problem(path, "\(what)“\(name)” is there more than once"))
        }
    }

    func add(_ items: [Problem.Item], _ place: TenantFiles.Place, below path: String = "") {
        for item in items { problems.add(place.problem(path + item.path, item.message)) }
    }

    func objections(_ place: TenantFiles.Place, below path: String = "", _ body: () throws -> Void) {
        do {
            try body()
        } catch let problem as Problem where !problem.items.isEmpty {
            add(problem.items, place, below: path)
        } catch {
            problems.add(place.problem(path, "\(error)"))
        }
    }
}
