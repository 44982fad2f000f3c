import Connectors
import JSON
import Workflow

/// Files beside the definition, and documents on the network, fetched as a `call: http` would be.
struct FetchedResources: ResourceSource {
    private static let timeoutSeconds = 20.0

    let http: HTTPTaskCaller

    func resource(_ use: ResourceUse, askedBy file: String) async -> JSONValue? {
        guard use.isOnNetwork else {
            return await NeighbouringFiles().resource(use, askedBy: file)
        }
        var endpoint: JSONValue = ["uri": .string(Self.raw(use.uri))]
        endpoint.set("authentication", use.authentication)
        let call = HTTPTaskCall(
            function: "http", arguments: ["method": "get", "endpoint": endpoint, "output": "raw"], runID: "",
            idempotencyKey: use.uri, timeoutSeconds: Self.timeoutSeconds)
        guard let text = try? await http.perform(call).stringValue, let bytes = Base64.decode(text) else {
            return nil
        }
        return NeighbouringFiles.value(of: bytes, use.kind)
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
