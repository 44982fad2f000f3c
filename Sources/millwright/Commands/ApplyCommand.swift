import ArgumentParser
import Catalogue
import Logging
import Primitives
import YAML

/// Tenants as files, as any infrastructure-as-code tool has them: a plan first.
struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Bring partners, clients, plants and their workflows to what the files in Tenants/ say.",
        discussion: "What the files do not name stays as it is. Applying twice changes nothing.")

    @OptionGroup var options: SettingsOptions

    @Option(help: "The folder with the files. Default: Tenants in the program's checkout.")
    var tenants: String?

    @Flag(help: "Only show what would be done.")
    var plan = false

    func run() async throws {
        let settings = try await options.settings()
        JSONLinesLogHandler.bootstrap(level: settings.logLevel)
        // Mistakes in the files are said before a database is needed.
        let files = try await TenantCheck.read(
            folder: tenants ?? settings.home + "/Tenants", home: settings.home)
        try await OperatorSession.run(settings) { domain in
            let plan = try await Self.apply(files, domain, isDryRun: plan)
            Terminal.writeLine(plan.text)
        }
    }

    /// Publishes the catalogue of the program, then applies the files.
    static func apply(_ files: TenantFiles, _ domain: Domain, isDryRun: Bool) async throws -> TenantPlan {
        let connectors = ConnectorFolder(path: domain.settings.home + "/Connectors")
        try await TenantCheck.check(files, against: domain)
        if !isDryRun { try await CataloguePublication.publish(domain) }
        var applier = TenantApplier(domain, connectors: connectors, isDryRun: isDryRun)
        try await applier.apply(files)
        return applier.plan
    }
}

/// Offers every template of `Templates/` to all partners. One that is published already is left as it is.
enum CataloguePublication {
    static func publish(_ domain: Domain) async throws {
        let folder = domain.settings.home + "/Templates"
        let actor = Actor(kind: .system, principalID: nil, displayName: "millwright", origin: "command")
        for slug in try DirectoryListing.names(in: folder) where TenantFiles.isFolder("\(folder)/\(slug)") {
            let (package, problems) = TemplatePackage.read(folder: "\(folder)/\(slug)")
            guard let package else {
                throw Problem(
                    .invalidDefinition, "The template \(slug) cannot be read.",
                    items: problems.map { .init(path: $0.file, message: $0.message) })
            }
            _ = try await domain.templates.publish(package, in: .platform, by: actor)
        }
    }
}
