import ArgumentParser
import JSON
import NIOHTTP1
import Primitives

/// What is done with one run: each command is one operation of the API.
struct RunChangeOptions: ParsableArguments {
    @OptionGroup var server: ServerOptions
    @Option(help: "The plant: its id, or partner/client/plant.") var plant: String
    @Option(help: "Why; it stands in the audit.") var reason: String
    @Flag(help: "As JSON.") var json = false
    @Argument(help: "The run's id.") var run: String

    func perform(_ verb: String, _ arguments: JSONObject = [:], _ method: HTTPMethod = .POST) async throws {
        let client = try server.client()
        var body = arguments
        body["reason"] = .string(reason)
        let path = "/v1/plants/\(try await client.plantID(plant))/runs/\(run)/\(verb)"
        let answer = try await client.call(method, path, .object(body)).body
        guard !json else { return Terminal.writeLine(answer.serialized(.pretty)) }
        Terminal.writeLine("Run \(answer["id"]?.stringValue ?? run) is \(answer["status"]?.stringValue ?? "changed").")
    }

    static func value(_ text: String?) throws -> JSONValue? {
        guard let text else { return nil }
        do {
            return try JSONValue(parsing: text)
        } catch {
            throw Problem(.invalidParameters, "--input is not JSON: \(error)")
        }
    }
}

extension RunsCommand {
    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a run. What it waits for is withdrawn.")
        @OptionGroup var change: RunChangeOptions
        func run() async throws { try await change.perform("cancel") }
    }

    struct Suspend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Stop a run until it is resumed.")
        @OptionGroup var change: RunChangeOptions
        func run() async throws { try await change.perform("suspend") }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a suspended run go on.")
        @OptionGroup var change: RunChangeOptions
        func run() async throws { try await change.perform("resume") }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a faulted run go on with the task that failed.")
        @OptionGroup var change: RunChangeOptions
        @Option(help: "What the task gets instead of what it had, as JSON.") var input: String?

        func run() async throws {
            var arguments: JSONObject = [:]
            if let input = try RunChangeOptions.value(input) { arguments["input"] = input }
            try await change.perform("retry", arguments)
        }
    }

    struct Rerun: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a faulted, cancelled or suspended run go on from a task; what was open is given up.")
        @OptionGroup var change: RunChangeOptions
        @Option(help: "The task's reference: /do/2/approve.") var task: String
        @Option(help: "What the task gets instead of what it had, as JSON.") var input: String?

        func run() async throws {
            var arguments: JSONObject = ["task": .string(task)]
            if let input = try RunChangeOptions.value(input) { arguments["input"] = input }
            try await change.perform("rerun", arguments)
        }
    }

    struct Restart: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start a new run with the input of one that has ended.")
        @OptionGroup var change: RunChangeOptions
        @Option(help: "same, current, or a digest of the workflow.") var version = "same"
        @Option(help: "Another input, as JSON.") var input: String?

        func run() async throws {
            var arguments: JSONObject = ["version": .string(version)]
            if let input = try RunChangeOptions.value(input) { arguments["input"] = input }
            try await change.perform("restart", arguments)
        }
    }

    struct Migrate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a waiting run go on with another version of its workflow.")
        @OptionGroup var change: RunChangeOptions
        @Option(help: "current, or a digest of the workflow.") var version = "current"
        @Option(name: .customLong("map"), help: "/do/1/old=/do/2/new; may be given again.") var mappings: [String] = []

        func run() async throws {
            try await change.perform(
                "migrate", ["version": .string(version), "mapping": .object(try Self.mapping(mappings))])
        }

        static func mapping(_ texts: [String]) throws -> JSONObject {
            var mapping: JSONObject = [:]
            for text in texts {
                let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2 else {
                    throw Problem(.invalidParameters, "--map takes old=new, not '\(text)'.")
                }
                mapping[parts[0]] = .string(parts[1])
            }
            return mapping
        }
    }

    struct Priority: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change how early a run that has not begun is started.")
        @OptionGroup var change: RunChangeOptions
        @Option(name: .customLong("to"), help: "From 0 to 100; the highest first.") var priority: Int

        func run() async throws { try await change.perform("priority", ["priority": JSONValue(priority)], .PUT) }
    }
}
