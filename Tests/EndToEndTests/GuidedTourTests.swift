import Foundation
import JSON
import Subprocess
import SystemPackage
import Testing

/// What the demo prints and the README says, done word by word.
@Suite("The guided tour", .serialized)
struct GuidedTourTests {
    @Test(
        "the printed lines work as printed, Ctrl-C leaves nothing behind, and the next start goes on",
        .timeLimit(.minutes(10)))
    func tour() async throws {
        try await Program.withDataDirectory { data in
            try await Program.whileDemoRuns(data: data) { text in
                let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
                let commands = lines.filter { $0.hasPrefix("curl ") }
                #expect(commands.count == 3)
                var answers: [JSONValue] = []
                for command in commands { answers.append(try await Self.shell(command)) }
                #expect(answers[0]["items"]?.arrayValue?.isEmpty == false)
                #expect(answers[1]["items"]?.arrayValue?.isEmpty == false)
                #expect(answers[2]["accepted"] == 1)

                let north = "sample-partner/sample-client/north"
                let server = try #require(lines.first { $0.hasPrefix("Millwright runs at ") }).dropFirst(19)
                let key = try #require(
                    lines.first { $0.hasPrefix("supervisor ") && $0.contains(north) }?.split(separator: " ").last)
                let environment = ["MILLWRIGHT_SERVER": String(server), "MILLWRIGHT_API_KEY": String(key)]
                let list = try await Program.output(
                    ["runs", "--plant", north, "--status", "completed"], environment: environment)
                let run = try #require(list.split(separator: "\n").dropFirst(2).first?.split(separator: " ").first)
                let detail = try await Program.output(
                    ["runs", "show", "--plant", north, String(run)], environment: environment)
                #expect(detail.contains("task-completed"))
                #expect(detail.contains("Output:"))
                try await Self.machineReadable(north, environment)
            }
            #expect(try Self.processes(mentioning: data) == [])
            try await Program.whileDemoRuns(data: data) { text in
                let command = try #require(
                    text.split(separator: "\n").map(String.init).first { $0.contains("curl -X POST") })
                let answer = try await Self.shell(command)
                #expect(answer["accepted"] == 0)
                #expect(answer["duplicate"] == 1)
            }
            #expect(try Self.processes(mentioning: data) == [])
        }
    }

    /// What `millwright runs …` prints with `--json` is JSON, whatever it does.
    private static func machineReadable(_ plant: String, _ environment: [String: String]) async throws {
        func runs(_ arguments: String...) async throws -> JSONValue {
            let all = ["runs", arguments[0], "--plant", plant, "--json"] + arguments.dropFirst()
            let text = try await Program.output(all, environment: environment)
            return try JSONValue(parsing: text)
        }
        let listed = try await runs("list", "--status", "completed", "--limit", "1")
        let workflow = try #require(listed["items"]?[0]?["workflowId"]?.stringValue)
        let old = try #require(listed["items"]?[0]?["id"]?.stringValue)
        let further = try await runs(
            "list", "--status", "completed", "--limit", "1", "--cursor", listed["next"]?.stringValue ?? "")
        #expect(further["items"]?[0]?["id"] != listed["items"]?[0]?["id"])
        #expect(try await runs("show", old)["items"]?.arrayValue?.isEmpty == false)
        let run = try #require(
            try await runs("start", "--business-key", "tour", "--input", "[]", workflow)["id"]?.stringValue)
        let same = try await runs("start", "--business-key", "tour", "--deduplicate", "ever", "--input", "[]", workflow)
        #expect(same["existing"] == true && same["id"]?.stringValue == run)
        let reason = ["--reason", "tour"]
        let preview = try await runs("bulk", "suspend", "--business-key", "tour", "--reason", "tour")
        #expect(preview["count"] == 1 && preview["refusals"] != nil)
        let done = try await runs("bulk", "cancel", "--business-key", "none", "--reason", "tour", "--yes")
        #expect(done["status"] == "completed")
        let operation = try #require(done["id"]?.stringValue)
        #expect(try await runs("operations")["items"]?[0]?["id"]?.stringValue == operation)
        #expect(try await runs("operations", operation)["failures"] == [])
        #expect(try await runs("dead-letters")["items"] != nil)
        #expect(try await runs("queue", workflow)["waiting"] == 0)
        #expect(try await runs("limit", workflow)["maxConcurrent"] == .null)
        let restarted = try await runs("restart", reason[0], reason[1], "--input", "[]", old)
        #expect(restarted["restartedFromRunId"]?.stringValue == old)
    }

    private static func shell(_ command: String) async throws -> JSONValue {
        let result = try await Subprocess.run(
            .path("/bin/sh"), arguments: ["-c", command], output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        #expect(result.terminationStatus.isSuccess, "\(command): \(result.standardError)")
        return try JSONValue(parsing: result.standardOutput)
    }

    /// Command lines of processes that still have to do with a data directory.
    private static func processes(mentioning data: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }.compactMap { pid in
            guard let line = try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8), line.contains(data)
            else { return nil }
            return line.replacingOccurrences(of: "\0", with: " ")
        }
    }
}
