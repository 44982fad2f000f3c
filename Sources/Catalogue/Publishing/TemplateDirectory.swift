package import Database
package import Primitives
package import Tenancy

/// The templates that a tenant can clone: those of the platform and those of its partner.
///
/// What the platform publishes is one row that every scope may read; a partner gets its own row of it, with the same
/// id, when one of its plants first uses it (`TemplateDirectory+adoption`). A template belongs either to the platform
/// or to a partner: a partner's own one hides a later one of the platform with the same name.
package struct TemplateDirectory: Sendable {
    let database: Database

    package init(database: Database) { self.database = database }

    /// The newest version of each template, by name. In the platform's scope, what the platform publishes.
    package func latest(in scope: TenantScope) async throws -> [TemplateVersion] {
        let rows = try await database.read(scope) { transaction in
            try await transaction.query(
                """
                SELECT DISTINCT ON (slug) \(raw: Self.columns)
                FROM (\(fragment: Self.visible(in: scope))) AS visible
                ORDER BY slug, string_to_array(version, '.')::integer[] DESC
                """)
        }
        return try rows.map(TemplateVersion.init(row:))
    }

    /// Every version, oldest first; of one template, or of all.
    package func versions(
        of slug: String? = nil, in scope: TenantScope, page: PageRequest
    ) async throws -> Page<TemplateVersion> {
        let rows = try await database.read(scope) { transaction in
            try await transaction.query(
                """
                SELECT \(raw: Self.columns)
                FROM (\(fragment: Self.visible(in: scope))) AS visible
                WHERE (\(slug)::text IS NULL OR slug = \(slug))
                  AND (\(page.after)::uuid IS NULL OR template_version_id > \(page.after))
                ORDER BY template_version_id
                LIMIT \(page.limit + 1)
                """)
        }
        return page.page(of: try rows.map(TemplateVersion.init(row:))) { $0.id.raw }
    }

    /// - Throws: `Problem.notFound` for a version that does not exist or that belongs to another partner.
    package func template(_ id: TemplateVersionID, in scope: TenantScope) async throws -> PublishedTemplate {
        try await database.read(scope) { try await Self.template(.id(id), in: $0) }
    }

    /// - Parameter version: `nil` for the newest one.
    package func template(
        _ slug: String, version: VersionNumber? = nil, in scope: TenantScope
    ) async throws -> PublishedTemplate {
        try await database.read(scope) { try await Self.template(.name(slug, version), in: $0) }
    }

    static func template(
        _ reference: TemplateReference, in transaction: TenantTransaction
    ) async throws -> PublishedTemplate {
        let row = try await transaction.one(
            """
            SELECT \(raw: columns), package
            FROM (\(fragment: visible(in: transaction.scope))) AS visible
            WHERE \(fragment: reference.condition)
            ORDER BY string_to_array(version, '.')::integer[] DESC
            LIMIT 1
            """)
        guard let row else { throw Problem.notFound("template version") }
        return try PublishedTemplate(row: row)
    }

    static let columns: StaticString =
        "template_version_id, origin, slug, version, digest, name, summary, published_at, published_by"

    /// All versions that a scope sees, each once.
    static func visible(in scope: TenantScope) -> Statement {
        guard let partner = scope.partnerID else {
            return """
                SELECT template_version_id, 'platform' AS origin, slug, version, digest, name, summary, published_at,
                  published_by, package
                FROM millwright.platform_template_version
                """
        }
        return """
            SELECT template_version_id, origin, slug, version, digest, name, summary, published_at, published_by, package
            FROM millwright.template_version
            WHERE partner_id = \(partner)
            UNION ALL
            SELECT template_version_id, 'platform', slug, version, digest, name, summary, published_at, published_by,
              package
            FROM millwright.platform_template_version AS offered
            WHERE NOT EXISTS (
              SELECT FROM millwright.template_version AS adopted
              WHERE adopted.partner_id = \(partner) AND adopted.template_version_id = offered.template_version_id)
              AND NOT EXISTS (
                SELECT FROM millwright.template AS own
                WHERE own.partner_id = \(partner) AND own.slug = offered.slug AND own.origin = 'partner')
            """
    }
}

/// Which version is meant.
package enum TemplateReference: Sendable, Hashable {
    case id(TemplateVersionID)
    /// Without a version, the newest one.
    case name(String, VersionNumber?)

    var condition: Statement {
        switch self {
        case .id(let id): "template_version_id = \(id)"
        case .name(let slug, nil): "slug = \(slug)"
        case .name(let slug, let version?): "slug = \(slug) AND version = \(version.description)"
        }
    }
}
