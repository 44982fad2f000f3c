import ArgumentParser
import JSON
import NIOHTTP1

/// Who waits, limits, and what happens in a plant.
extension RunsCommand {
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
        @Option(help: "Why; it stands in the audit.") var reason: String?
        @Flag(help: "As JSON.") var json = false

        func run() async throws {
            let client = try server.client()
            let path = "/v1/plants/\(try await client.plantID(plant))/workflows/\(workflow)/policy"
            guard set else { return show(try await client.get(path)) }
            var body: JSONObject = [:]
            if let concurrent { body["maxConcurrent"] = JSONValue(concurrent) }
            if let perMinute { body["maxStartsPerMinute"] = JSONValue(perMinute) }
            if let burst { body["burst"] = JSONValue(burst) }
            if let businessKey { body["businessKey"] = .string(businessKey) }
            if let priority { body["priority"] = .string(priority) }
            if let deduplicate { body["deduplicate"] = .string(deduplicate) }
            if let reason { body["reason"] = .string(reason) }
            show(try await client.call(.PUT, path, .object(body)).body)
        }

        private func show(_ policy: JSONValue) {
            if json { return Terminal.writeLine(policy.serialized(.pretty)) }
            for (name, value) in policy.objectValue ?? [:] {
                Terminal.writeLine("\(name): \(value.isNull ? "–" : value.stringValue ?? value.serialized())")
            }
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
