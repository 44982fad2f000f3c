import Catalogue
import JSON
import Primitives
import Tenancy
import Vault
import YAML

/// What plants have: connections and workflows, checked against each other, also where the plant is not there yet.
extension TenantCheck {
    func connections(_ entries: [TenantFiles.ConnectionEntry], _ scope: TenantScope?) async throws {
        doubles(entries.map { ($0.name, $0.place, "/name") })
        for entry in entries {
            var credential: CredentialID?
            if let given = entry.credential {
                // Any will do: what is asked is whether the connection needs one.
                credential = CredentialID()
                let name = entry.credentialName(given)
                let known =
                    if let scope { try await domain?.vault.credential(named: name, in: scope) } else {
                        nil as Credential?
                    }
                if domain != nil, known == nil, EnvironmentText.value(given.environment) == nil {
                    problems.add(
                        entry.place.problem(
                            "/credential/environment", "the environment variable \(given.environment) is not set"))
                }
            }
            do {
                let draft = ConnectionDraft(
                    name: entry.name, connector: try connectors.description(entry.connector),
                    configuration: entry.configuration, credentialID: credential)
                add(ConnectionDirectory.objections(to: draft), entry.place)
            } catch {
                problems.add(entry.place.problem("/connector", (error as? Problem)?.detail ?? "\(error)"))
            }
        }
    }

    func workflows(_ plant: TenantFiles.PlantFile, _ partner: String, _ scope: TenantScope?) async throws {
        doubles(plant.workflows.map { ($0.name, $0.place, "/name") })
        let known = try await known(in: scope)
        let processes = try await processes(plant, scope)
        for entry in plant.workflows {
            if let text = entry.version, VersionNumber(text) == nil {
                problems.add(entry.place.problem("/version", "“\(text)” is not a version like 1.0.0"))
                continue
            }
            guard let package = try await template(entry, partner) else {
                if domain == nil { continue }
                problems.add(
                    entry.place.problem("/template", "there is no template “\(entry.template)” of this version"))
                continue
            }
            var bound: [String: JSONValue] = [:]
            for (capability, name) in entry.bindings {
                let file = plant.connections.first { $0.name == name }
                if let description = file.flatMap({ try? connectors.description($0.connector) }) ?? known[name] {
                    bound[capability] = description
                } else if file == nil, domain != nil {
                    problems.add(
                        entry.place.problem("/bindings/\(capability)", "the plant has no connection “\(name)”"))
                }
            }
            let items = WorkflowDirectory.objections(
                to: package, name: entry.name, parameters: entry.parameters, connectors: bound,
                processes: processes)
            // What is bound to a connection that was complained about is not complained about again.
            add(items.filter { !isUnbound($0, entry, bound) }, entry.place)
        }
    }

    /// As the file sets it, or else as the plant has it already. A mistake in the file is said elsewhere.
    private func processes(_ plant: TenantFiles.PlantFile, _ scope: TenantScope?) async throws -> ProcessPolicy {
        if let entry = plant.processes {
            return (try? entry.policy()) ?? ProcessPolicy(languages: Set(ProcessLanguage.allCases))
        }
        guard let scope, let domain else { return .nothing }
        return try await domain.processPolicies.policy(of: scope)
    }

    private func isUnbound(
        _ item: Problem.Item, _ entry: TenantFiles.WorkflowEntry, _ bound: [String: JSONValue]
    ) -> Bool {
        let prefix = "/bindings/"
        guard item.path.hasPrefix(prefix) else { return false }
        let capability = String(item.path.dropFirst(prefix.count))
        return entry.bindings[capability] != nil && bound[capability] == nil
    }

    /// The connectors of the connections that the plant has already.
    private func known(in scope: TenantScope?) async throws -> [String: JSONValue] {
        guard let scope, let domain else { return [:] }
        let page = try await domain.connections.list(in: scope, page: try PageRequest(limit: 200))
        return Dictionary(page.items.map { ($0.name, $0.connector) }) { first, _ in first }
    }

    /// As it will be published from the program's catalogue, or was by the partner.
    private func template(_ entry: TenantFiles.WorkflowEntry, _ partner: String) async throws -> TemplatePackage? {
        let version = entry.version.flatMap { VersionNumber($0) }
        let folder = "\(home)/Templates/\(entry.template)"
        if TenantFiles.isFolder(folder), let package = TemplatePackage.read(folder: folder).package,
            version == nil || package.metadata.version == version
        {
            return package
        }
        guard let domain else { return nil }
        let scope = try await domain.tenants.place(path: partner)?.scope ?? .platform
        do {
            return try await domain.templates.template(entry.template, version: version, in: scope).package
        } catch let problem as Problem where problem.code == .notFound {
            return nil
        }
    }
}
