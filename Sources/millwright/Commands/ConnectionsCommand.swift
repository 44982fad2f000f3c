import ArgumentParser
import JSON
import Primitives

/// The systems that a plant is connected to, and whether they answer.
struct ConnectionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connections", abstract: "List a plant's connections, or test one.",
        subcommands: [List.self, Test.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The plant's connections.")
        @OptionGroup var server: ServerOptions
        @Option(help: "The plant: its id, or partner/client/plant.") var plant: String
        @Flag(help: "The API's JSON instead of a table.") var json = false

        func run() async throws {
            let client = try server.client()
            let connections = try await client.all("/v1/plants/\(try await client.plantID(plant))/connections")
            if json { return Terminal.writeLine(JSONValue.array(connections).serialized(.pretty)) }
            var table = TextTable("Name", "Connector", "Where", "Credential", "Id")
            for connection in connections {
                let configuration = connection["configuration"]
                table.add(
                    connection["name"]?.stringValue ?? "", connection["connector"]?["connector"]?.stringValue ?? "",
                    configuration?["baseAddress"]?.stringValue ?? configuration?["host"]?.stringValue ?? "",
                    connection["credentialId"]?.stringValue == nil ? "none" : "yes", connection["id"]?.stringValue ?? ""
                )
            }
            Terminal.writeLine(table.rows.isEmpty ? "The plant has no connections." : table.text)
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask a connected system what its connector's test says. Ends with 1 when it does not answer well."
        )
        @OptionGroup var server: ServerOptions
        @Option(help: "The plant: its id, or partner/client/plant.") var plant: String
        @Argument(help: "The connection's name or id.") var connection: String
        @Flag(help: "The API's JSON instead of text.") var json = false

        func run() async throws {
            let client = try server.client()
            let path = "/v1/plants/\(try await client.plantID(plant))/connections"
            let known = try await client.all(path)
            let found = known.first { $0["name"]?.stringValue == connection || $0["id"]?.stringValue == connection }
            guard let id = found?["id"]?.stringValue else {
                let names = known.compactMap { $0["name"]?.stringValue }.joined(separator: ", ")
                throw Problem(
                    .notFound,
                    "The plant has no connection '\(connection)'. "
                        + (names.isEmpty ? "It has none at all." : "It has: \(names)."))
            }
            let report = try await client.post("\(path)/\(id)/test")
            Terminal.writeLine(json ? report.serialized(.pretty) : Self.text(report))
            if report["ok"] != true { throw ExitCode(1) }
        }

        private static func text(_ report: JSONValue) -> String {
            var lines: [String] = []
            let asked = report["asked"].map { asked in
                " · \(asked["method"]?.stringValue ?? "") \(asked["host"]?.stringValue ?? "")\(asked["path"]?.stringValue ?? "")"
            }
            let status = report["status"].map { " · status \($0.serialized())" }
            let time = " · \(report["durationMilliseconds"]?.serialized() ?? "0") ms"
            lines.append(
                "\(report["ok"] == true ? "ok" : "FAILED")  \(report["connection"]?.stringValue ?? "")"
                    + (asked ?? "") + (status ?? "") + time)
            if let failure = report["failure"] {
                lines.append("  \(failure["class"]?.stringValue ?? ""): \(failure["detail"]?.stringValue ?? "")")
                lines.append("  \(failure["advice"]?.stringValue ?? "")")
            }
            return lines.joined(separator: "\n")
        }
    }
}
