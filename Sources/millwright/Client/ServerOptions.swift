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
        guard given.split(separator: "/").count == 3 else {
            throw Problem(.invalidParameters, "Name the plant by its id or as partner/client/plant, not '\(given)'.")
        }
        return try await place(given)["plantId"]?.stringValue ?? ""
    }

    /// The identifiers of the partner, client or plant that a path of slugs names.
    func place(_ path: String) async throws -> JSONValue {
        let encoded = path.utf8.map { byte in
            let isPlain = (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x2F
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        do {
            return try await get("/v1/places?path=" + encoded)
        } catch let problem as Problem where problem.code == .notFound {
            throw Problem(.notFound, "There is no \(path) that this key can see.")
        }
    }
}
