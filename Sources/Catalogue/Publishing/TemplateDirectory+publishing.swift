import Database
import JSON
package import Primitives
import Tenancy
import Workflow
import YAML

extension TemplateDirectory {
    package struct Publication: Sendable {
        package let version: TemplateVersion
        /// `false` when the same content had been published before: nothing was changed then.
        package let isNew: Bool
    }

    /// Stores a version for good, in the platform's or in a partner's catalogue.
    ///
    /// - Throws: `Problem(.invalidDefinition)` with every mistake; `Problem(.conflict)` when this version was published with
    ///   other content; `Problem(.alreadyExists)` when the name belongs to the platform.
    package func publish(
        _ package: TemplatePackage, in scope: TenantScope, by actor: Actor
    ) async throws -> Publication {
        guard scope.level == .platform || scope.level == .partner else {
            throw Problem(.forbidden, "Templates are published by the platform or by a partner.")
        }
        try Self.requireClean(package)
        return try await database.transaction(scope) { transaction in
            try await Self.requireKnownZone(package, in: transaction)
            let version = TemplateVersion(
                id: TemplateVersionID(), origin: scope == .platform ? .platform : .partner, slug: package.slug,
                version: package.metadata.version, digest: package.digest, name: package.metadata.name,
                summary: package.metadata.summary, publishedAt: .now(), publishedBy: actor.displayName)
            let stored = try await Self.store(version, package, in: transaction)
            guard stored.digest == version.digest else {
                throw Problem(
                    .conflict,
                    "Version \(version.version) of \(version.slug) was published with other content. Raise the version."
                )
            }
            guard stored.id == version.id else { return Publication(version: stored, isNew: false) }
            try await transaction.record(
                AuditEntry(
                    "template.published", objectType: "template-version", objectID: version.id.description,
                    new: [
                        "slug": .string(version.slug), "version": .string(version.version.description),
                        "digest": .string(version.digest),
                    ], by: actor))
            return Publication(version: version, isNew: true)
        }
    }

    private static func requireClean(_ package: TemplatePackage) throws(Problem) {
        let report = TemplateLint.check(package)
        guard !report.isClean else { return }
        throw Problem(
            .invalidDefinition, "The template \(package.slug) has mistakes and was not published.",
            items: report.problems.filter { $0.severity == .error }.map { problem in
                .init(path: problem.location.map { "\(problem.file):\($0)" } ?? problem.file, message: problem.message)
            })
    }

    /// Which time zones there are is known by the database's own list, as for the zones of plants.
    private static func requireKnownZone(_ package: TemplatePackage, in transaction: TenantTransaction) async throws {
        let zone = DefinitionDecoder.decode(package.document).definition?.schedule?.policy.timeZone
        guard let zone,
            try await transaction.query("SELECT 1 FROM pg_catalog.pg_timezone_names WHERE name = \(zone)").isEmpty
        else { return }
        throw Problem(
            .invalidDefinition, "The template \(package.slug) has a mistake and was not published.",
            items: [
                .init(
                    path: "workflow.yaml:/document/metadata/schedule/timeZone",
                    message: "There is no time zone \(zone). Give an IANA name such as Europe/Berlin.")
            ])
    }

    /// Inserts the version unless its number is taken; answers what stands there now.
    private static func store(
        _ version: TemplateVersion, _ package: TemplatePackage, in transaction: TenantTransaction
    ) async throws -> TemplateVersion {
        guard let partner = transaction.scope.partnerID else {
            try await transaction.execute(
                """
                INSERT INTO millwright.platform_template_version (
                  template_version_id, slug, version, digest, name, summary, package, published_at, published_by)
                VALUES (
                  \(version.id), \(version.slug), \(version.version.description), \(version.digest), \(version.name),
                  \(version.summary), \(package.content.serialized())::json, \(version.publishedAt),
                  \(version.publishedBy))
                ON CONFLICT (slug, version) DO NOTHING
                """)
            return try await template(.name(version.slug, version.version), in: transaction).version
        }
        try await claimName(version.slug, for: partner, in: transaction)
        try await transaction.execute(insertion(of: version, package.content, for: partner))
        return try await template(.name(version.slug, version.version), in: transaction).version
    }

    private static func claimName(
        _ slug: String, for partner: PartnerID, in transaction: TenantTransaction
    ) async throws {
        let taken = try await transaction.one(
            """
            SELECT FROM millwright.platform_template_version AS offered
            WHERE offered.slug = \(slug) AND NOT EXISTS (
              SELECT FROM millwright.template AS own
              WHERE own.partner_id = \(partner) AND own.slug = \(slug) AND own.origin = 'partner')
            LIMIT 1
            """)
        guard taken == nil else {
            throw Problem(.alreadyExists, "The platform has a template named \(slug). Choose another name.")
        }
        try await transaction.execute(templateInsertion(slug, .partner, for: partner))
    }

    static func templateInsertion(_ slug: String, _ origin: TemplateVersion.Origin, for partner: PartnerID) -> Statement
    {
        """
        INSERT INTO millwright.template (partner_id, slug, origin, created_at)
        VALUES (\(partner), \(slug), \(origin), now())
        ON CONFLICT (partner_id, slug) DO NOTHING
        """
    }

    static func insertion(of version: TemplateVersion, _ content: JSONValue, for partner: PartnerID) -> Statement {
        """
        INSERT INTO millwright.template_version (
          partner_id, template_version_id, slug, version, digest, origin, name, summary, package, published_at,
          published_by)
        VALUES (
          \(partner), \(version.id), \(version.slug), \(version.version.description), \(version.digest),
          \(version.origin), \(version.name), \(version.summary), \(content.serialized())::json,
          \(version.publishedAt), \(version.publishedBy))
        ON CONFLICT DO NOTHING
        """
    }

    /// Gives the partner its own row of a version of the platform, so that its workflows can be pinned to it.
    static func adopt(_ template: PublishedTemplate, in transaction: TenantTransaction) async throws {
        guard template.version.origin == .platform, let partner = transaction.scope.partnerID else { return }
        try await transaction.batch([
            templateInsertion(template.version.slug, .platform, for: partner),
            insertion(of: template.version, template.package.content, for: partner),
        ])
    }
}
