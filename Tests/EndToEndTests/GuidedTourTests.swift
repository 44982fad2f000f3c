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
