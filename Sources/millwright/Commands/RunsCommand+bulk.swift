import ArgumentParser
import JSON
import Primitives

/// Many runs at once.
extension RunsCommand {
    struct Bulk: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Do one thing with all runs that the filter names.",
            discussion: "Without --yes it tries it on a sample, shows what would be done, and changes nothing.")
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
            Operations.show(failures: operation["failures"])
        }

        private func show(_ preview: JSONValue) {
            if json { return Terminal.writeLine(preview.serialized(.pretty)) }
            let more = preview["isMore"]?.boolValue == true ? "more than " : ""
            Terminal.writeLine("This would \(action) \(more)\(preview["count"]?.serialized() ?? "0") runs, such as:")
            for run in preview["sample"]?.arrayValue ?? [] {
                Terminal.writeLine("  \(run["id"]?.stringValue ?? "")  \(run["status"]?.stringValue ?? "")")
            }
            let refusals = preview["refusals"]
            if refusals?.arrayValue?.isEmpty == false {
                Terminal.writeLine("Of these would stay as they are:")
                Operations.show(failures: refusals)
            }
            Terminal.writeLine("Repeat it with --yes to do it.")
        }
    }

    struct Operations: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Operations on many runs, newest first; or one of them with what failed.")
        @OptionGroup var server: ServerOptions
        @Option(help: "The plant: its id, or partner/client/plant.") var plant: String
        @Option(help: "How many.") var limit = 20
        @Argument(help: "The operation's id.") var operation: String?
        @Flag(help: "As JSON.") var json = false

        func run() async throws {
            let client = try server.client()
            let path = "/v1/plants/\(try await client.plantID(plant))/bulk-operations"
            let answer = try await client.get(path + (operation.map { "/" + $0 } ?? "?limit=\(limit)"))
            if json { return Terminal.writeLine(answer.serialized(.pretty)) }
            var table = TextTable("Operation", "What", "Status", "Planned", "Done", "Failed", "Reason")
            for one in answer["items"]?.arrayValue ?? [answer] {
                table.add(
                    one["id"]?.stringValue ?? "", one["action"]?.stringValue ?? "", one["status"]?.stringValue ?? "",
                    one["planned"]?.serialized() ?? "", one["succeeded"]?.serialized() ?? "",
                    one["failed"]?.serialized() ?? "", one["reason"]?.stringValue ?? "")
            }
            Terminal.writeLine(table.rows.isEmpty ? "There are none." : table.text)
            Self.show(failures: answer["failures"])
        }

        static func show(failures: JSONValue?) {
            for failure in failures?.arrayValue ?? [] {
                Terminal.writeLine(
                    "  \(failure["runId"]?.stringValue ?? ""): \(failure["reason"]?.stringValue ?? "")")
            }
        }
    }

    struct CancelOperation: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cancel-operation", abstract: "End an operation on many runs. What is done stays done.")
        @OptionGroup var server: ServerOptions
        @Option(help: "The plant: its id, or partner/client/plant.") var plant: String
        @Option(help: "Why; it stands in the audit.") var reason: String
        @Argument(help: "The operation's id.") var operation: String
        @Flag(help: "As JSON.") var json = false

        func run() async throws {
            let client = try server.client()
            let path = "/v1/plants/\(try await client.plantID(plant))/bulk-operations/\(operation)/cancel"
            let answer = try await client.post(path, ["reason": .string(reason)])
            if json { return Terminal.writeLine(answer.serialized(.pretty)) }
            Terminal.writeLine(
                "It is \(answer["status"]?.stringValue ?? ""): \(answer["succeeded"]?.serialized() ?? "0") runs were changed."
            )
        }
    }
}
