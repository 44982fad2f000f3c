import Foundation
import Glibc
import JSON
import Primitives
import Provisioning
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("run: script and run: shell, by a live runner", .serialized, .timeLimit(.minutes(10)))
struct ProcessRunTests {
    private let plant = TenantScope.somePlant()

    /// How a run of this one task ended: `{"output"}` or `{"error"}`.
    private func run(_ task: JSONValue, _ policy: ProcessPolicy) async throws -> JSONValue {
        var outcome: JSONValue = .null
        try await PlantsFixture.with { plants in
            plants.policies.set(plant, policy)
            plants.sync.give(plant, task: task, input: ["who": "Ada"])
            plants.registry.desire(plant)
            outcome = try await eventually("the run ends; \(plants.log.all.suffix(5))") {
                plants.sync.commits(of: plant).compactMap(\.end).first
            }
        }
        return outcome
    }

    private static let everything = ProcessPolicy(languages: Set(ProcessLanguage.allCases))

    @Test(
        "a task returns what it says",
        arguments: [
            ("stdout", "out"), ("stderr", "err"), ("code", 3), ("none", .null),
            ("all", ["code": 3, "stdout": "out", "stderr": "err"]),
        ] as [(String, JSONValue)])
    func returns(mode: String, expected: JSONValue) async throws {
        let command: JSONValue = ["command": "printf out; printf err >&2; exit 3"]
        #expect(
            try await run(["run": ["shell": command, "return": .string(mode)]], Self.everything)
                == ["output": expected])
    }

    @Test("expressions reach the script as words, variables and input, and its text comes back unchanged")
    func expressions() async throws {
        let script: JSONValue = [
            "language": "python", "stdin": "${ .who }", "arguments": ["${ .who | length }"],
            "environment": ["WHO": "${ .who | ascii_upcase }"],
            "code": "import os, sys; print(sys.stdin.read(), sys.argv[1], os.environ['WHO'])",
        ]
        #expect(try await run(["run": ["script": script]], Self.everything) == ["output": "Ada 3 ADA\n"])
    }

    @Test("what the policy does not allow is an error of authorization that says how to allow it")
    func refused() async throws {
        for policy in [ProcessPolicy.nothing, ProcessPolicy(languages: [.python])] {
            let outcome = try await run(["run": ["shell": ["command": "echo x"]]], policy)
            #expect(outcome["error"]?["type"]?.stringValue?.hasSuffix("/authorization") == true, "\(outcome)")
            #expect(outcome["error"]?["status"] == 403)
            #expect(outcome["error"]?["detail"]?.stringValue?.contains("process policy") == true)
        }
    }

    @Test(
        "a process that takes too long is a timeout, too much output an error of the runtime, nonsense one of validation"
    )
    func errors() async throws {
        let policy = ProcessPolicy(languages: [.shell, .js], wallSeconds: 1)
        let cases: [(JSONValue, String)] = [
            (["shell": ["command": "sleep 30"]], "timeout"),
            (["shell": ["command": "head -c 3000000 /dev/zero"]], "runtime"),
            (["shell": ["command": "x", "environment": ["A B": "1"]]], "validation"),
        ]
        for (process, type) in cases {
            let outcome = try await run(["run": process], policy)
            #expect(outcome["error"]?["type"]?.stringValue?.hasSuffix("/" + type) == true, "\(outcome)")
        }
    }

    @Test("a runner that is killed leaves its job to the next one, which runs it again")
    func again() async throws {
        let word = "4\(UInt32.random(in: 1000...9999))"
        try await PlantsFixture.with { plants in
            plants.policies.set(plant, Self.everything)
            plants.sync.give(plant, task: ["run": ["shell": ["command": .string("sleep \(word)")]]], input: [:])
            plants.registry.desire(plant)
            let first = try await plants.runner(of: plant)
            try await eventually("it runs") { !ProcessView.mentioning(word).isEmpty }
            kill(first.pid, SIGKILL)
            try await Sandboxes.nothingIsLeft(of: word)
            _ = try await plants.runner(of: plant, after: first)
        }
    }

    @Test("a script's source is fetched through the plant's egress rules, and refused where they do not list it")
    func source() async throws {
        let task: JSONValue = [
            "run": [
                "script": ["language": "python", "source": ["endpoint": ["uri": "http://127.0.0.1:1/script.py"]]]
            ]
        ]
        let outcome = try await run(task, Self.everything)
        #expect(outcome["error"]?["type"]?.stringValue?.hasSuffix("/authorization") == true, "\(outcome)")
        #expect(outcome["error"]?["detail"]?.stringValue?.hasPrefix("the source of the script") == true)
    }

    @Test("in a control plane, a change of the policy in the database opens and closes the plant's socket")
    func inControlPlane() async throws {
        try await LivePlatform.with { platform in
            let place = try await platform.tenants.makePlant()
            let runner = try await platform.runner(of: place)
            let directory = try #require(ControlPlaneProcess.socketDirectory(of: runner))
            let path = directory + "/processes.sock"
            #expect(access(path, F_OK) != 0)
            try await platform.tenants.processPolicies.set(
                ProcessPolicy(languages: [.shell]), for: place.scope, by: .system)
            try await eventually("the socket opens; \(platform.controlPlane.log.suffix(1000))") {
                access(path, F_OK) == 0
            }
            let seen = try await ProcessCaller.ask(
                path, ProcessCaller.shell("cat /proc/*/environ /proc/*/cmdline; ls / \(platform.data.path)"))
            let text = seen?["result"]?.serialized() ?? ""
            #expect(seen?["result"]?["code"] != nil, "\(String(describing: seen))")
            #expect(!text.contains(ControlPlaneProcess.masterKey) && !text.contains("MILLWRIGHT"))
            #expect(text.contains("No such file or directory"))
            try await platform.tenants.processPolicies.set(.nothing, for: place.scope, by: .system)
            try await eventually("the socket closes") { access(path, F_OK) != 0 }
            #expect(runner.isRunning)
        }
    }
}

extension RunCommit {
    /// `nil` while the run goes on.
    fileprivate var end: JSONValue? {
        if let error { return ["error": error] }
        return status.isFinal ? ["output": output ?? .null] : nil
    }
}
