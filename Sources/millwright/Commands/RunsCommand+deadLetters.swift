import ArgumentParser
import JSON
import Primitives

/// What could not go on.
extension RunsCommand {
    struct DeadLetters: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "dead-letters", abstract: "What could not go on and nobody has seen to.")
        @OptionGroup var server: ServerOptions
        @Option(help: "The plant: its id, or partner/client/plant.") var plant: String
        @Option(help: "How many.") var limit = 20
        @Flag(help: "As JSON.") var json = false

        func run() async throws {
            let client = try server.client()
            let page = try await client.get(
                "/v1/plants/\(try await client.plantID(plant))/dead-letters?limit=\(limit)")
            if json { return Terminal.writeLine(page.serialized(.pretty)) }
            var table = TextTable("Id", "Kind", "When", "Reason")
            for letter in page["items"]?.arrayValue ?? [] {
                table.add(
                    letter["id"]?.stringValue ?? "", letter["kind"]?.stringValue ?? "",
                    letter["at"]?.stringValue ?? "", letter["reason"]?.stringValue ?? "")
            }
            Terminal.writeLine(table.rows.isEmpty ? "There are none." : table.text)
        }

        static func done(_ letter: String, _ what: String) -> String {
            let answer: JSONValue = ["id": .string(letter), "handledAs": .string(what)]
            return answer.serialized(.pretty)
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Retry a run of the dead letters, or send an event through the intake again.")
        @OptionGroup var server: ServerOptions
        @Option(help: "The plant: its id, or partner/client/plant.") var plant: String
        @Option(help: "Why; it stands in the audit.") var reason: String
        @Option(help: "The corrected event, or the task's input, as JSON.") var body: String?
        @Argument(help: "The dead letter's id.") var letter: String
        @Flag(help: "As JSON.") var json = false

        func run() async throws {
            let client = try server.client()
            var request: JSONObject = ["reason": .string(reason)]
            if let body = try RunChangeOptions.value(body) { request["body"] = body }
            let base = "/v1/plants/\(try await client.plantID(plant))/dead-letters/\(letter)"
            _ = try await client.post(base + "/replay", .object(request))
            Terminal.writeLine(json ? DeadLetters.done(letter, "replayed") : "It goes on.")
        }
    }

    struct Dismiss: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a dead letter off the list.")
        @OptionGroup var server: ServerOptions
        @Option(help: "The plant: its id, or partner/client/plant.") var plant: String
        @Option(help: "Why; it stands in the audit.") var reason: String
        @Argument(help: "The dead letter's id.") var letter: String
        @Flag(help: "As JSON.") var json = false

        func run() async throws {
            let client = try server.client()
            let base = "/v1/plants/\(try await client.plantID(plant))/dead-letters/\(letter)"
            _ = try await client.post(base + "/dismiss", ["reason": .string(reason)])
            Terminal.writeLine(json ? DeadLetters.done(letter, "dismissed") : "It is off the list.")
        }
    }
}
