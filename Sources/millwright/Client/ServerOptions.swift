import ArgumentParser
import JSON
import Primitives

/// Which control plane a command talks to, and as whom.
struct ServerOptions: ParsableArguments {
    @Option(help: "The control plane's address, http://host:port. Default: MILLWRIGHT_SERVER.")
    var server: String?

    @Option(help: "An API key. Better in MILLWRIGHT_API_KEY, where no list of processes shows it.")
    var apiKey: String?

    func client() throws -> APIClient {
        var missing: [Problem.Item] = []
        let server = server ?? EnvironmentText.value("MILLWRIGHT_SERVER")
        if server == nil { missing.append(.init(path: "--server (MILLWRIGHT_SERVER)", message: "is not given")) }
        let key = apiKey ?? EnvironmentText.value("MILLWRIGHT_API_KEY")
        if key == nil { missing.append(.init(path: "--api-key (MILLWRIGHT_API_KEY)", message: "is not given")) }
        guard let server, let key else {
            throw Problem(.invalidParameters, "The command talks to a control plane.", items: missing)
        }
        return APIClient(base: server, key: key)
    }
}

extension APIClient {
    /// The id of a plant that is given by its id or as `partner/client/plant`.
    func plantID(_ given: String) async throws -> String {
        if PlantID(given) != nil { return given }
        let slugs = given.split(separator: "/").map(String.init)
        guard slugs.count == 3 else {
            throw Problem(.invalidParameters, "Name the plant by its id or as partner/client/plant, not '\(given)'.")
        }
        let partner = try await child(slugs[0], "/v1/partners", "partner")
        let client = try await child(slugs[1], "/v1/partners/\(partner)/clients", "client")
        return try await child(slugs[2], "/v1/clients/\(client)/plants", "plant")
    }

    private func child(_ slug: String, _ path: String, _ what: String) async throws -> String {
        let items = try await all(path)
        guard let found = items.first(where: { $0["slug"]?.stringValue == slug }), let id = found["id"]?.stringValue
        else { throw Problem.notFound("\(what) \(slug)") }
        return id
    }
}
