import ArgumentParser
import JSON
import Primitives

/// Runs of a plant, and what happened in one.
struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List a plant's runs, show what happened in one, and repair them.",
        subcommands: [
            List.self, Show.self, Start.self, Cancel.self, Suspend.self, Resume.self, Retry.self, Rerun.self,
            Restart.self, Migrate.self, Priority.self, Bulk.self, Operations.self, CancelOperation.self,
            DeadLetters.self, Replay.self, Dismiss.self, Queue.self, Limit.self, Watch.self,
        ], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The newest runs.")

        @OptionGroup var server: ServerOptions
        @Option(help: "The plant: its id, or partner/client/plant.") var plant: String
        @OptionGroup var filter: RunFilterOptions
        @Option(help: "How many.") var limit = 20
        @Option(help: "Where the last page ended: its next.") var cursor: String?
        @Flag(help: "As JSON.") var json = false

        func run() async throws {
            let client = try server.client()
            let plantID = try await client.plantID(plant)
            let from = cursor.map { "&cursor=" + RunFilterOptions.encoded($0) } ?? ""
            let page = try await client.get("/v1/plants/\(plantID)/runs?limit=\(limit)\(filter.query)\(from)")
            if json { return Terminal.writeLine(page.serialized(.pretty)) }
            var table = TextTable("Run", "Workflow", "Status", "Accepted", "Ended")
            for run in page["items"]?.arrayValue ?? [] {
                table.add(
                    run["id"]?.stringValue ?? "", run["workflow"]?.stringValue ?? "", run["status"]?.stringValue ?? "",
                    run["acceptedAt"]?.stringValue ?? "", run["endedAt"]?.stringValue ?? "–")
            }
            Terminal.writeLine(table.rows.isEmpty ? "There are no such runs." : table.text)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The timeline of one run.")

        @OptionGroup var server: ServerOptions
        @Option(help: "The plant: its id, or partner/client/plant.") var plant: String
        @Argument(help: "The run's id.") var run: String
        @Flag(help: "As JSON: {\"run\", \"items\", \"humanTasks\"}.") var json = false

        func run() async throws {
            let client = try server.client()
            let path = "/v1/plants/\(try await client.plantID(plant))/runs/\(run)"
            let detail = try await client.get(path)
            var entries: [JSONValue] = []
            var page = try await client.get(path + "/timeline")
            entries += page["items"]?.arrayValue ?? []
            while let next = page["next"]?.intValue {
                page = try await client.get(path + "/timeline?after=\(next)")
                entries += page["items"]?.arrayValue ?? []
            }
            if json {
                let all: JSONValue = [
                    "run": detail, "items": .array(entries), "humanTasks": page["humanTasks"] ?? .array([]),
                ]
                return Terminal.writeLine(all.serialized(.pretty))
            }
            show(detail, entries)
        }

        private func show(_ detail: JSONValue, _ entries: [JSONValue]) {
            let words = [detail["workflow"]?.stringValue, detail["status"]?.stringValue].map { $0 ?? "" }
            Terminal.writeLine(
                words.joined(separator: " · ") + " · accepted \(detail["acceptedAt"]?.stringValue ?? "")")
            var table = TextTable("#", "What", "Task", "Milliseconds", "Detail")
            for entry in entries {
                table.add(
                    entry["ordinal"]?.serialized() ?? "", entry["kind"]?.stringValue ?? "",
                    entry["task"]?.stringValue ?? "", entry["durationMilliseconds"]?.serialized() ?? "",
                    entry["detail"]?.serialized() ?? entry["error"]?.serialized() ?? "")
            }
            Terminal.writeLine(table.text)
            if detail["journal"]?.stringValue == "aged-out" {
                Terminal.writeLine("The journal of this run has aged out: its month is not kept any more.")
            }
            for (name, value) in [("Output", detail["output"]), ("Error", detail["error"])] {
                if let value { Terminal.writeLine("\n\(name): \(value.serialized(.pretty))") }
            }
        }
    }
}
