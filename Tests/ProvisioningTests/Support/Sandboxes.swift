import Glibc
import JSON
import Primitives
import Provisioning
import Testing

/// Jobs in a real sandbox.
enum Sandboxes {
    static let sandbox = ProcessSandbox(bubblewrapPath: Programs.bubblewrap, account: PlantsFixture.account)

    static func run(
        _ language: ProcessLanguage, _ code: String, arguments: JSONValue = .null, environment: JSONValue = .null,
        stdin: JSONValue = .null, _ change: (inout ProcessLimits) -> Void = { _ in }
    ) async throws -> ProcessResult {
        var limits = ProcessLimits()
        change(&limits)
        let job = try job(language, code, arguments: arguments, environment: environment, stdin: stdin)
        return try await sandbox.run(job, limits: limits).get()
    }

    static func job(
        _ language: ProcessLanguage, _ code: String, arguments: JSONValue = .null, environment: JSONValue = .null,
        stdin: JSONValue = .null
    ) throws -> ProcessJob {
        var settings: JSONObject = ["arguments": arguments, "environment": environment, "stdin": stdin]
        guard language != .shell else {
            settings["command"] = .string(code)
            return try ProcessJob(function: "run:shell", arguments: ["shell": .object(settings)])
        }
        settings["language"] = .string(language.rawValue)
        settings["code"] = .string(code)
        return try ProcessJob(function: "run:script", arguments: ["script": .object(settings)])
    }

    /// What a job of Python prints, without the end of its last line.
    static func python(_ code: String) async throws -> String {
        let result = try await run(.python, code)
        #expect(result.code == 0, "\(result.stderr)")
        return result.stdout.split(separator: "\n", omittingEmptySubsequences: false).dropLast().joined(separator: "\n")
    }

    /// Nothing that has the word in its command line is left.
    static func nothingIsLeft(of word: String) async throws {
        try await eventually("all processes of \(word) end", within: 5) { ProcessView.mentioning(word).isEmpty }
    }
}
