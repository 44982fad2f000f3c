package import Primitives

/// Names that lead to the platform itself, and so to no tenant: whoever held one would show his brand, and take
/// sign-ins, on everybody's page.
package struct ReservedHosts: Sendable, Hashable {
    /// As people reach the platform; lower case.
    private let names: Set<String>

    /// - Parameter names: the platform's public names. What is no host name is left out.
    package init(_ names: [String] = []) {
        self.names = Set(names.compactMap(BrandHost.normalised).filter { !Self.isAddress($0) })
    }

    /// Whether requests for the name are the platform's own, whatever a row says.
    func isPlatforms(_ name: String) -> Bool { name == "localhost" || names.contains(name) || Self.isAddress(name) }

    /// Why the tenant may not have the name; `nil` when it may.
    ///
    /// - Parameter isGiven: the platform itself gives it, which may give what is below its own names.
    package func objection(to host: String, for scope: TenantScope, isGiven: Bool) -> String? {
        guard let name = BrandHost.normalised(host), scope != .platform else { return nil }
        if Self.isAddress(name) { return "Is an address. Only a name can lead to a brand." }
        if isPlatforms(name) { return "Is the platform's own name. Choose another one." }
        if !isGiven, BrandHost.parents(of: name).contains(where: names.contains) {
            return "Is below the platform's own name. Ask the platform's operator to add it."
        }
        return nil
    }

    /// A name whose last label is a number is an address to some resolver.
    private static func isAddress(_ name: String) -> Bool {
        guard let last = name.split(separator: ".").last else { return false }
        return last.hasPrefix("0x") || last.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
