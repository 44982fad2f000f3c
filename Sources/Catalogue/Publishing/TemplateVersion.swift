import Database
import JSON
package import Primitives
import YAML

/// A published version of a template. It never changes.
package struct TemplateVersion: Sendable {
    package enum Origin: String, Sendable, Hashable, CaseIterable {
        /// Published by the platform and offered to every partner.
        case platform
        /// Published by the partner for its own plants.
        case partner
    }

    package let id: TemplateVersionID
    package let origin: Origin
    package let slug: String
    package let version: VersionNumber
    /// SHA-256 of the canonical content, lower-case hex.
    package let digest: String
    package let name: String
    package let summary: String
    package let publishedAt: Timestamp
    /// The name of who published it.
    package let publishedBy: String
}

/// A version with its documents.
package struct PublishedTemplate: Sendable {
    package let version: TemplateVersion
    package let package: TemplatePackage
}

extension TemplateVersion {
    init(row: Row) throws {
        let text = try row.decode("version", as: String.self)
        guard let number = VersionNumber(text) else { throw DatabaseError(.decoding, "column version is no version") }
        self.init(
            id: try row.decode("template_version_id"), origin: try row.decode("origin", as: Origin.self),
            slug: try row.decode("slug"), version: number, digest: try row.decode("digest"),
            name: try row.decode("name"), summary: try row.decode("summary"),
            publishedAt: try row.decode("published_at"), publishedBy: try row.decode("published_by"))
    }
}

extension PublishedTemplate {
    init(row: Row) throws {
        version = try TemplateVersion(row: row)
        let (package, problems) = TemplatePackage.read(content: try row.decode("package", as: JSONValue.self))
        guard let package else {
            // A later release of the platform may be stricter than the one that published it.
            throw Problem(
                .invalidDefinition, "The template \(version.slug) \(version.version) cannot be used any more.",
                items: problems.map { .init(path: $0.file, message: $0.message) })
        }
        self.package = package
    }
}
