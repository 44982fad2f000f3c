import ArgumentParser
import JSON

extension RunsCommand {
    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Start a run by hand.")
        @OptionGroup var server: ServerOptions
        @Option(help: "The plant: its id, or partner/client/plant.") var plant: String
        @Argument(help: "The workflow's id.") var workflow: String
        @Option(help: "The input, as JSON.") var input = "{}"
        @Option(help: "The run's business key.") var businessKey: String?
        @Option(help: "open or ever: a run with the same business key is shown instead.") var deduplicate: String?
        @Option(help: "From 0 to 100.") var priority: Int?
        @Flag(help: "As JSON.") var json = false

        func run() async throws {
            let client = try server.client()
            var body: JSONObject = [
                "workflowId": .string(workflow), "input": try RunChangeOptions.value(input) ?? .null,
            ]
            if let businessKey { body["businessKey"] = .string(businessKey) }
            if let deduplicate { body["deduplicate"] = .string(deduplicate) }
            if let priority { body["priority"] = JSONValue(priority) }
            let answer = try await client.post("/v1/plants/\(try await client.plantID(plant))/runs", .object(body))
            if json { return Terminal.writeLine(answer.serialized(.pretty)) }
            let isExisting = answer["existing"]?.boolValue == true
            Terminal.writeLine("\(answer["id"]?.stringValue ?? "")\(isExisting ? " (was there already)" : "")")
        }
    }
}
