import JSON
import Primitives
import YAML

/// The connectors that come with the program, by name: `Connectors/<name>.yaml`.
struct ConnectorFolder: Sendable {
    let path: String

    func description(_ name: String) throws -> JSONValue {
        let known = (try? DirectoryListing.names(in: path)) ?? []
        // Only what stands in the folder: a name is no path.
        guard known.contains(name + ".yaml") else {
            let names = known.map { $0.replacing(".yaml", with: "") }.joined(separator: ", ")
            throw Problem(.invalidParameters, "There is no connector “\(name)”; known are \(names).")
        }
        let file = "\(path)/\(name).yaml"
        do {
            return try YAMLDocument(parsing: try FileText.read(file)).value
        } catch {
            throw Problem(.invalidParameters, "\(file): \(error)")
        }
    }
}
