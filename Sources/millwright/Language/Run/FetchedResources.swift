import Connectors
import JSON
import Workflow

/// Files beside the definition, and documents on the network.
struct FetchedResources: ResourceSource {
    private static let maximumBytes = 1 << 20

    let exchange: any HTTPExchange

    func resource(_ use: ResourceUse, askedBy file: String) async -> JSONValue? {
        guard use.uri.hasPrefix("https://") || use.uri.hasPrefix("http://") else {
            return await NeighbouringFiles().resource(use, askedBy: file)
        }
        guard let address = try? WebAddress(Self.raw(use.uri)) else { return nil }
        var limits = CallLimits(maximumResponseBytes: Self.maximumBytes)
        limits.maximumRedirects = 5
        let request = OutboundRequest(method: "GET", address: address, headers: [("Accept", "*/*")])
        guard let response = try? await exchange.exchange(request, limits: limits),
            (200..<300).contains(response.status)
        else { return nil }
        return NeighbouringFiles.value(of: response.body, use.kind)
    }

    /// The raw file behind the page of one, as the specification asks for catalogues that lie in Git repositories.
    private static func raw(_ uri: String) -> String {
        if uri.hasPrefix("https://github.com/") {
            let parts = uri.dropFirst("https://github.com/".count).split(separator: "/", maxSplits: 4)
            guard parts.count == 5, parts[2] == "tree" || parts[2] == "blob" else { return uri }
            return "https://raw.githubusercontent.com/\(parts[0])/\(parts[1])/refs/heads/\(parts[3])/\(parts[4])"
        }
        guard uri.hasPrefix("https://gitlab.com/") else { return uri }
        return uri.replacing("/-/tree/", with: "/-/raw/").replacing("/-/blob/", with: "/-/raw/")
    }
}
