import JSON
import Primitives
import YAML

extension TenantFiles {
    /// Reads `Tenants/<partner>/partner.yaml`, `…/<client>/client.yaml`, `…/<client>/prices.yaml` where there is one, and
    /// `…/<client>/<plant>.yaml`.
    ///
    /// What can be read; every mistake of every file is among the problems.
    static func read(folder: String, _ problems: FileProblems) throws -> TenantFiles {
        var files = TenantFiles()
        for partner in try DirectoryListing.names(in: folder) where isFolder(folder + "/" + partner) {
            guard var file = PartnerFile(folder: folder + "/" + partner, problems) else { continue }
            for client in try DirectoryListing.names(in: folder + "/" + partner)
            where isFolder("\(folder)/\(partner)/\(client)") {
                if let client = try ClientFile(folder: "\(folder)/\(partner)/\(client)", problems) {
                    file.clients.append(client)
                }
            }
            files.partners.append(file)
        }
        complainAboutDoubles(files, problems)
        return files
    }

    private static func complainAboutDoubles(_ files: TenantFiles, _ problems: FileProblems) {
        func check(_ found: [(slug: String, place: String)], _ what: String) {
            var first: [String: String] = [:]
            for (slug, place) in found {
                if let other = first[slug] {
                    problems.add(
                        FileProblem(file: place, at: nil, "the \(what) “\(slug)” is there already: \(other)"))
                } else {
                    first[slug] = place
                }
            }
        }
        check(files.partners.map { ($0.slug, $0.place) }, "partner")
        for partner in files.partners {
            check(partner.clients.map { ($0.slug, $0.place) }, "client")
            for client in partner.clients { check(client.plants.map { ($0.slug, $0.place) }, "plant") }
        }
    }

    static func isFolder(_ path: String) -> Bool { FileStatus(path)?.isFolder ?? false }

    static func fields(_ path: String, _ problems: FileProblems) -> FieldReader? {
        guard let bytes = try? FileBytes.read(path) else {
            problems.add(FileProblem(file: path, at: nil, "the file is missing or cannot be read"))
            return nil
        }
        guard let file = YAMLFile(name: path, bytes: bytes, problems: problems) else { return nil }
        return FieldReader(file, problems: problems)
    }
}

extension TenantFiles.PartnerFile {
    init?(folder: String, _ problems: FileProblems) {
        guard var fields = TenantFiles.fields(folder + "/partner.yaml", problems) else { return nil }
        at = TenantFiles.Place(fields)
        let slug = fields.string("slug", isRequired: true)
        let name = fields.string("name", isRequired: true)
        brand = fields.value("brand")
        hostNames = fields.strings("hostNames") ?? []
        principals = TenantFiles.PrincipalEntry.list(&fields)
        partnerPrices = TenantFiles.PriceEntry(&fields, "partnerPrices")
        clientPrices = TenantFiles.PriceEntry(&fields, "clientPrices")
        fields.finish()
        guard let slug, let name else { return nil }
        self.slug = slug
        place = fields.place(of: "slug")
        self.name = name
    }
}

extension TenantFiles.ClientFile {
    init?(folder: String, _ problems: FileProblems) throws {
        guard var fields = TenantFiles.fields(folder + "/client.yaml", problems) else { return nil }
        at = TenantFiles.Place(fields)
        let slug = fields.string("slug", isRequired: true)
        let name = fields.string("name", isRequired: true)
        currency = fields.string("currency")
        brand = fields.value("brand")
        hostNames = fields.strings("hostNames") ?? []
        principals = TenantFiles.PrincipalEntry.list(&fields)
        fields.finish()
        let prices = TenantFiles.PriceEntry(path: folder + "/" + TenantFiles.PriceEntry.fileName, problems)
        guard let slug, let name else { return nil }
        self.slug = slug
        place = fields.place(of: "slug")
        self.name = name
        self.prices = prices
        let others = ["client.yaml", TenantFiles.PriceEntry.fileName]
        for file in try DirectoryListing.names(in: folder) where file.hasSuffix(".yaml") && !others.contains(file) {
            if let plant = TenantFiles.PlantFile(path: folder + "/" + file, problems) { plants.append(plant) }
        }
        complainAboutCurrency(problems)
    }
}

extension TenantFiles.PlantFile {
    init?(path: String, _ problems: FileProblems) {
        guard var fields = TenantFiles.fields(path, problems) else { return nil }
        at = TenantFiles.Place(fields)
        let slug = fields.string("slug", isRequired: true)
        let name = fields.string("name", isRequired: true)
        let timeZone = fields.string("timeZone", isRequired: true)
        brand = fields.value("brand")
        principals = TenantFiles.PrincipalEntry.list(&fields)
        egress = (fields.objects("egress") ?? []).compactMap { TenantFiles.EgressEntry($0) }
        processes = fields.object("processes").flatMap { TenantFiles.ProcessesEntry($0) }
        if let calendar = fields.value("businessCalendar") {
            businessCalendar = .init(place: .init(fields, field: "businessCalendar"), calendar: calendar)
        }
        connections = (fields.objects("connections") ?? []).compactMap { TenantFiles.ConnectionEntry($0) }
        workflows = (fields.objects("workflows") ?? []).compactMap { TenantFiles.WorkflowEntry($0) }
        fields.finish()
        guard let slug, let name, let timeZone else { return nil }
        self.slug = slug
        place = fields.place(of: "slug")
        self.name = name
        self.timeZone = timeZone
    }
}

extension TenantFiles.PrincipalEntry {
    static func list(_ fields: inout FieldReader) -> [Self] {
        (fields.objects("principals") ?? []).compactMap { entry in
            var entry = entry
            let name = entry.string("name", isRequired: true)
            let email = entry.string("email", isRequired: true)
            let roles = entry.strings("roles", isRequired: true)
            entry.finish()
            guard let name, let email, let roles else { return nil }
            return Self(place: TenantFiles.Place(entry), displayName: name, email: email, roles: roles)
        }
    }
}

extension TenantFiles.EgressEntry {
    init?(_ given: FieldReader) {
        var fields = given
        let host = fields.expandedString("host", isRequired: true)
        let port = fields.expandedString("port", isRequired: true)
        let allowsPrivate = fields.bool("allowsPrivate") ?? false
        fields.finish()
        guard let host, let port else { return nil }
        guard let number = Int(port) else {
            fields.complain(about: "port", "“port” must be a number, not “\(port)”")
            return nil
        }
        self.init(place: TenantFiles.Place(fields), host: host, port: number, allowsPrivate: allowsPrivate)
    }
}

extension TenantFiles.ProcessesEntry {
    init?(_ given: FieldReader) {
        var fields = given
        let allow = fields.strings("allow", isRequired: true)
        let cpuSeconds = fields.integer("cpuSeconds")
        let memoryMegabytes = fields.integer("memoryMegabytes")
        let wallSeconds = fields.integer("wallSeconds")
        fields.finish()
        guard let allow else { return nil }
        self.init(
            place: TenantFiles.Place(fields), allow: allow, cpuSeconds: cpuSeconds, memoryMegabytes: memoryMegabytes,
            wallSeconds: wallSeconds)
    }
}

extension TenantFiles.ConnectionEntry {
    init?(_ given: FieldReader) {
        var fields = given
        let name = fields.string("name", isRequired: true)
        let connector = fields.string("connector", isRequired: true)
        let configuration = fields.expandedValue("configuration") ?? .object([:])
        var credential: TenantFiles.CredentialEntry?
        if var inner = fields.object("credential") {
            let kind = inner.string("kind", isRequired: true)
            let environment = inner.string("environment", isRequired: true)
            inner.finish()
            if let kind, let environment { credential = .init(kind: kind, environment: environment) }
        }
        fields.finish()
        guard let name, let connector else { return nil }
        self.init(
            place: TenantFiles.Place(fields), name: name, connector: connector, configuration: configuration,
            credential: credential)
    }
}

extension TenantFiles.WorkflowEntry {
    init?(_ given: FieldReader) {
        var fields = given
        let name = fields.string("name", isRequired: true)
        let template = fields.string("template", isRequired: true)
        let version = fields.string("version")
        let parameters = fields.value("parameters") ?? .object([:])
        var bindings: [String: String] = [:]
        if var inner = fields.object("bindings") {
            for member in inner.members() {
                guard let connection = member.value.stringValue else {
                    inner.complain(about: member.name, "the name of a connection is expected")
                    continue
                }
                bindings[member.name] = connection
            }
        }
        let isEnabled = fields.bool("enabled") ?? true
        let policy = fields.object("policy").flatMap { TenantFiles.PolicyEntry($0) }
        fields.finish()
        guard let name, let template else { return nil }
        self.init(
            place: TenantFiles.Place(fields), name: name, template: template, version: version, parameters: parameters,
            bindings: bindings,
            isEnabled: isEnabled, policy: policy)
    }
}

extension FieldReader {
    /// `file:line:column` of a field.
    fileprivate func place(of field: String) -> String {
        "\(file.name):\(file.document.location(of: pointer(of: field)))"
    }

    /// Text in which each `${NAME}` stands for a variable of the environment. A number counts as text here.
    fileprivate mutating func expandedString(_ field: String, isRequired: Bool = false) -> String? {
        guard let value = value(field, isRequired: isRequired) else { return nil }
        let text = value.stringValue ?? value.serialized()
        return expanded(text, field)
    }

    fileprivate mutating func expandedValue(_ field: String) -> JSONValue? {
        guard let value = value(field) else { return nil }
        guard let object = value.objectValue else { return value }
        var result: JSONObject = [:]
        for (key, member) in object {
            result[key] = member.stringValue.map { .string(expanded($0, field) ?? $0) } ?? member
        }
        return .object(result)
    }

    private func expanded(_ text: String, _ field: String) -> String? {
        let (expanded, missing) = EnvironmentText.expanding(text)
        for name in missing { complain(about: field, "the environment variable \(name) is not set") }
        return missing.isEmpty ? expanded : nil
    }
}
