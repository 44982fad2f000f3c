import ArgumentParser
import JSON
import Primitives

/// Runs of a plant, and what happened in one.
struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List a plant's runs, show what happened in one, and repair them.",
        subcommands: [
            List.self, Show.self, Start.self, Cancel.self, Suspend.self, Resume.self, Retry.self, Rerun.self,
            Restart.self, Migrate.self, Bulk.self, DeadLetters.self, Replay.self, Dismiss.self, Queue.self,
            Limit.self, Watch.self,
        ], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The newest runs.")

        @OptionGroup var server: ServerOptions
        @Option(help: "The plant: its id, or partner/client/plant.") var plant: String
        @OptionGroup var filter: RunFilterOptions
        @Option(help: "How many.") var limit = 20
        @Flag(help: "As JSON.") var json = false

        func run() async throws {
            let client = try server.client()
            let plantID = try await client.plantID(plant)
            let page = try await client.get("/v1/plants/\(plantID)/runs?limit=\(limit)\(filter.query)")
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

        func run() async throws {
            let client = try server.client()
            let path = "/v1/plants/\(try await client.plantID(plant))/runs/\(run)"
            let detail = try await client.get(path)
            Terminal.writeLine(
                "\(detail["workflow"]?.stringValue ?? "") · \(detail["status"]?.stringValue ?? "") · accepted \(detail["acceptedAt"]?.stringValue ?? "")"
            )
            var table = TextTable("#", "What", "Task", "Milliseconds", "Detail")
            for entry in try await client.get(path + "/timeline")["items"]?.arrayValue ?? [] {
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
