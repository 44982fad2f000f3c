package import Primitives

/// What is wrong with something before it is made, so that whoever makes many things can look at all of them first.
extension TenantDirectory {
    package static func objections(slug: String, name: String, currency: String? = nil) -> [Problem.Item] {
        var findings = Findings()
        findings.checkSlug(slug, "/slug")
        findings.checkName(name, "/name")
        findings.checkCurrency(currency, "/currency")
        return findings.items
    }

    package func objections(timeZone: String) async throws -> [Problem.Item] {
        var findings = Findings()
        let zoneExists = try await isTimeZone(timeZone)
        findings.check(zoneExists, "/timeZone", Findings.unknownTimeZone)
        return findings.items
    }
}

extension PrincipalDirectory {
    package static func objections(to new: NewPrincipal, grantedBy grantor: Grantor) -> [Problem.Item] {
        findings(on: new, grantor).items
    }
}

extension BrandDirectory {
    package static func objections(toHost host: String) -> [Problem.Item] {
        guard BrandHost.normalised(host) != host.lowercased() else { return [] }
        return [.init(path: "/host", message: "Must be a host name without scheme, port and path.")]
    }
}
