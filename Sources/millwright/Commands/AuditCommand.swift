import ArgumentParser
import JSON

/// Who changed what.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Show the newest changes in a plant.")

    @OptionGroup var server: ServerOptions
    @Option(help: "The plant: its id, or partner/client/plant.") var plant: String
    @Option(help: "Only this action, like human-task.decided.") var action: String?
    @Option(help: "How many.") var limit = 20

    func run() async throws {
        let client = try server.client()
        let filter = action.map { "&action=\($0)" } ?? ""
        let path = "/v1/plants/\(try await client.plantID(plant))/audit?limit=\(limit)\(filter)"
        var table = TextTable("When", "Who", "Action", "Object", "Why")
        for entry in try await client.get(path)["items"]?.arrayValue ?? [] {
            table.add(
                entry["recordedAt"]?.stringValue ?? "", entry["actor"]?["name"]?.stringValue ?? "",
                entry["action"]?.stringValue ?? "",
                "\(entry["objectType"]?.stringValue ?? "") \(entry["objectId"]?.stringValue ?? "")",
                entry["reason"]?.stringValue ?? "")
        }
        Terminal.writeLine(table.rows.isEmpty ? "Nothing was changed." : table.text)
    }
}
