import ArgumentParser
import JSON
import NIOHTTP1
import Primitives

/// Many runs at once, what could not go on, and who waits.
extension RunsCommand {
    struct Bulk: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Do one thing with all runs that the filter names.",
            discussion: "Without --yes it shows what would be done and changes nothing.")
        @OptionGroup var server: ServerOptions
        @Option(help: "The plant: its id, or partner/client/plant.") var plant: String
        @Argument(help: "cancel, suspend, resume, retry, rerun, restart or migrate.") var action: String
        @OptionGroup var filter: RunFilterOptions
        @Option(help: "Why; it stands in the audit of each run.") var reason: String
        @Option(help: "What the action needs beside, as JSON: {\"task\": \"/do/2/approve\"}.") var arguments = "{}"
        @Flag(help: "Do it, and wait for the end.") var yes = false
        @Flag(help: "As JSON.") var json = false

        func run() async throws {
            let client = try server.client()
            let base = "/v1/plants/\(try await client.plantID(plant))"
            var body: JSONObject = [
                "action": .string(action), "filter": filter.json, "reason": .string(reason),
                "arguments": try RunChangeOptions.value(arguments) ?? [:],
            ]
            let preview = try await client.post(base + "/runs/bulk", .object(body))
            guard yes else { return show(preview) }
            body["token"] = preview["token"]
            var operation = try await client.post(base + "/runs/bulk", .object(body))
            while operation["status"]?.stringValue == "running" {
                try await Task.sleep(for: .milliseconds(500))
                operation = try await client.get(base + "/bulk-operations/\(operation["id"]?.stringValue ?? "")")
            }
            if json { return Terminal.writeLine(operation.serialized(.pretty)) }
            let counts = ["succeeded", "failed"].map { "\(operation[$0]?.serialized() ?? "0") \($0)" }
            Terminal.writeLine("\(operation["status"]?.stringValue ?? ""): \(counts.joined(separator: ", ")).")
            for failure in operation["failures"]?.arrayValue ?? [] {
                Terminal.writeLine(
                    "  \(failure["runId"]?.stringValue ?? ""): \(failure["reason"]?.stringValue ?? "")")
            }
        }

        private func show(_ preview: JSONValue) {
            if json { return Terminal.writeLine(preview.serialized(.pretty)) }
            let more = preview["isMore"]?.boolValue == true ? "more than " : ""
            Terminal.writeLine("This would \(action) \(more)\(preview["count"]?.serialized() ?? "0") runs, such as:")
            for run in preview["sample"]?.arrayValue ?? [] {
                Terminal.writeLine("  \(run["id"]?.stringValue ?? "")  \(run["status"]?.stringValue ?? "")")
            }
            Terminal.writeLine("Repeat it with --yes to do it.")
        }
    }

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
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Retry a run of the dead letters, or send an event through the intake again.")
        @OptionGroup var server: ServerOptions
        @Option(help: "The plant: its id, or partner/client/plant.") var plant: String
        @Option(help: "Why; it stands in the audit.") var reason: String
        @Option(help: "The corrected event, or the task's input, as JSON.") var body: String?
        @Argument(help: "The dead letter's id.") var letter: String

        func run() async throws {
            let client = try server.client()
            var request: JSONObject = ["reason": .string(reason)]
            if let body = try RunChangeOptions.value(body) { request["body"] = body }
            let base = "/v1/plants/\(try await client.plantID(plant))/dead-letters/\(letter)"
            _ = try await client.post(base + "/replay", .object(request))
            Terminal.writeLine("It goes on.")
        }
    }

    struct Dismiss: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a dead letter off the list.")
        @OptionGroup var server: ServerOptions
        @Option(help: "The plant: its id, or partner/client/plant.") var plant: String
        @Option(help: "Why; it stands in the audit.") var reason: String
        @Argument(help: "The dead letter's id.") var letter: String

        func run() async throws {
            let client = try server.client()
            let base = "/v1/plants/\(try await client.plantID(plant))/dead-letters/\(letter)"
            _ = try await client.post(base + "/dismiss", ["reason": .string(reason)])
            Terminal.writeLine("It is off the list.")
        }
    }

    struct Queue: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Who waits for a slot of a workflow.")
        @OptionGroup var server: ServerOptions
        @Option(help: "The plant: its id, or partner/client/plant.") var plant: String
        @Argument(help: "The workflow's id.") var workflow: String
        @Flag(help: "As JSON.") var json = false

        func run() async throws {
            let client = try server.client()
            let queue = try await client.get(
                "/v1/plants/\(try await client.plantID(plant))/workflows/\(workflow)/queue")
            if json { return Terminal.writeLine(queue.serialized(.pretty)) }
            Terminal.writeLine(
                "\(queue["running"]?.serialized() ?? "0") have a slot, \(queue["waiting"]?.serialized() ?? "0") wait.")
            var table = TextTable("#", "Run", "Priority", "Business key", "Waits since", "Starts about")
            for run in queue["next"]?.arrayValue ?? [] {
                table.add(
                    run["position"]?.serialized() ?? "", run["runId"]?.stringValue ?? "",
                    run["priority"]?.serialized() ?? "", run["businessKey"]?.stringValue ?? "–",
                    run["queuedAt"]?.stringValue ?? "", run["startsAbout"]?.stringValue ?? "–")
            }
            if !table.rows.isEmpty { Terminal.writeLine(table.text) }
        }
    }

    struct Limit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a workflow's policy, or set it anew.",
            discussion: "What is not given with --set is without limit afterwards.")
        @OptionGroup var server: ServerOptions
        @Option(help: "The plant: its id, or partner/client/plant.") var plant: String
        @Argument(help: "The workflow's id.") var workflow: String
        @Flag(help: "Set the policy to what is given here.") var set = false
        @Option(help: "Open runs at once.") var concurrent: Int?
        @Option(help: "Starts a minute.") var perMinute: Int?
        @Option(help: "Starts at once after a pause.") var burst: Int?
        @Option(help: "jq on the event: the run's business key.") var businessKey: String?
        @Option(help: "jq on the event: the run's priority.") var priority: String?
        @Option(help: "open or ever: an event starts no second run with the same business key.") var deduplicate:
            String?

        func run() async throws {
            let client = try server.client()
            let path = "/v1/plants/\(try await client.plantID(plant))/workflows/\(workflow)/policy"
            guard set else { return Terminal.writeLine(try await client.get(path).serialized(.pretty)) }
            var body: JSONObject = [:]
            if let concurrent { body["maxConcurrent"] = JSONValue(concurrent) }
            if let perMinute { body["maxStartsPerMinute"] = JSONValue(perMinute) }
            if let burst { body["burst"] = JSONValue(burst) }
            if let businessKey { body["businessKey"] = .string(businessKey) }
            if let priority { body["priority"] = .string(priority) }
            if let deduplicate { body["deduplicate"] = .string(deduplicate) }
            Terminal.writeLine(try await client.call(.PUT, path, .object(body)).body.serialized(.pretty))
        }
    }

    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show what happens in a plant as it happens.")
        static let pauseMilliseconds = 1000

        @OptionGroup var server: ServerOptions
        @Option(help: "The plant: its id, or partner/client/plant.") var plant: String
        @Option(help: "How much of the past to begin with, in seconds.") var back = 60
        @Flag(help: "A line of JSON each.") var json = false

        func run() async throws {
            let client = try server.client()
            let path = "/v1/plants/\(try await client.plantID(plant))/timeline"
            var query = "?backSeconds=\(back)"
            while !Task.isCancelled {
                let page = try await client.get(path + query)
                let items = page["items"]?.arrayValue ?? []
                for item in items { show(item) }
                query = "?after=" + RunFilterOptions.encoded(page["next"]?.stringValue ?? "")
                if items.isEmpty { try await Task.sleep(for: .milliseconds(Self.pauseMilliseconds)) }
            }
        }

        private func show(_ item: JSONValue) {
            if json { return Terminal.writeLine(item.serialized()) }
            let words = ["at", "source", "what", "subject"].map { item[$0]?.stringValue ?? "" }
            Terminal.writeLine(words.joined(separator: "  "))
        }
    }
}
