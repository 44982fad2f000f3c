import Foundation
import Glibc
import Primitives
import Provisioning
import TestSupport
import Testing

/// The driver's own part, with a script in the place of the sandbox.
@Suite("a runner's process is started, watched and ended", .serialized, .timeLimit(.minutes(10)))
struct RunnerProcessTests {
    @Test("a program that is not there is named, with the system's reason")
    func missing() async throws {
        let driver = Stage.driver("/nonexistent/bwrap")
        let error = await #expect(throws: (any Error).self) { try await driver.run(Stage.specification()) }
        #expect("\(try #require(error))" == "/nonexistent/bwrap: No such file or directory")
    }

    @Test("a file that is no program is named, with the system's reason, and nothing of it stays")
    func notAProgram() async throws {
        let folder = try TestFolder()
        let driver = Stage.driver(try folder.write([1, 2, 3], to: "bwrap"))
        let before = Stage.descriptors
        for _ in 0..<50 {
            let error = await #expect(throws: (any Error).self) { try await driver.run(Stage.specification()) }
            #expect("\(try #require(error))".hasSuffix("/bwrap: Permission denied"))
        }
        // Other suites open some meanwhile; a pipe that is left each time would be a hundred or more.
        #expect(Stage.descriptors < before + 100)
    }

    @Test(
        "its exit code is reported, with the last that it said",
        arguments: [
            ("exit 0", RunnerExit.drained), ("exit 3", .superseded), ("exit 4", .drainedIncompletely),
            ("echo why >&2; exit 7", .failed(code: 7, saying: "why")),
            ("printf cut; exit 1", .failed(code: 1, saying: "cut")),
            ("kill -KILL $$", .killed(signal: 9)), ("kill -TERM $$", .killed(signal: 15)),
        ])
    func ends(_ text: String, _ end: RunnerExit) async throws {
        let script = try Stage.script(text)
        #expect(try await Stage.driver(script.path).run(Stage.specification()) == end)
    }

    @Test("it has three descriptors and nothing of ours, a session of its own, and every signal")
    func inheritance() async throws {
        // What a library that is careless about its descriptors leaves open, and signals that a program turns off.
        var pair: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        let high = fcntl(pair[0], F_DUPFD, 900)
        defer { for descriptor in pair + [high] { close(descriptor) } }
        let script = try Stage.script("echo $$ > $0.pid; read line; exit 0")
        try await Stage.running(script) { process in
            #expect(Set(process.files.keys).subtracting([0, 1, 2, 10, 255]) == [])
            for number in 0...2 { #expect(process.files[number]?.hasPrefix("pipe:") == true, "\(number)") }
            for what in process.files.values { #expect(!what.hasPrefix("socket:"), "\(what)") }
            #expect(getsid(process.pid) == process.pid && getsid(0) != process.pid)
            for set in ["SigBlk", "SigIgn"] {
                // Signals 32 and 33 are glibc's own, which it ignores in whatever it starts.
                let signals = try #require(process.status(set).flatMap { UInt64($0, radix: 16) })
                #expect(signals & ~0x1_8000_0000 == 0, "\(set)")
            }
        }
    }

    @Test("a stop closes what it reads, and it leaves as it likes; no zombie stays")
    func stop() async throws {
        let script = try Stage.script("echo $$ > $0.pid; read line; exit 4")
        let end = try await Stage.running(script) { #expect(!$0.isZombie) }
        #expect(end == .drainedIncompletely)
    }

    @Test("one that does not leave in time is killed")
    func overdue() async throws {
        let script = try Stage.script("echo $$ > $0.pid; exec sleep 60")
        let clock = ContinuousClock()
        let began = clock.now
        #expect(try await Stage.running(script, drainSeconds: 1) { _ in } == .killed(signal: 9))
        #expect(clock.now - began >= .seconds(1))
    }

    @Test("one that closes its output is asked to leave, and is killed when it goes on")
    func silent() async throws {
        let polite = try Stage.script("exec >&- 2>&-; read line; exit 4")
        #expect(try await Stage.driver(polite.path).run(Stage.specification()) == .drainedIncompletely)
        let stubborn = try Stage.script("exec sleep 60 >&- 2>&-")
        let end = try await Stage.driver(stubborn.path).run(Stage.specification(drainSeconds: 1))
        #expect(end == .killed(signal: 9))
    }

    @Test(
        "what it leaves behind with its output does not hide its end: what can be is killed",
        arguments: ["sleep 60 &", "setsid sleep 8 &"])
    func leavesSomethingBehind(_ text: String) async throws {
        let script = try Stage.script("\(text) echo $! > $0.child; echo why >&2; kill -KILL $$")
        let clock = ContinuousClock()
        let began = clock.now
        #expect(try await Stage.driver(script.path).run(Stage.specification()) == .killed(signal: 9))
        #expect(clock.now - began < .seconds(6))
        if !text.hasPrefix("setsid") {
            let child = try #require(
                pid_t(try String(contentsOfFile: script.path + ".child", encoding: .utf8).filter(\.isNumber)))
            try await eventually("it is gone") { kill(child, 0) != 0 }
        }
    }

    @Test("runners that stand ready wake nobody: twenty of them, watched for three seconds")
    func idle() async {
        // In a process of its own: here other suites are at work.
        await #expect(processExitsWith: .success) {
            let script = try Stage.script("echo ready; read line; exit 0")
            let log = LogRecords()
            let driver = Stage.driver(script.path, log)
            let runners = (0..<20).map { _ in Task { try await driver.run(Stage.specification()) } }
            try await eventually("all are there") {
                log.all.count { $0.message == "runner: ready" } == runners.count
            }
            try await Task.sleep(for: .seconds(1))
            let before = Stage.sleeps
            try await Task.sleep(for: .seconds(3))
            // One look a second at each of them would be sixty.
            #expect(Stage.sleeps - before < 20)
            for runner in runners { runner.cancel() }
            for runner in runners { #expect(try await runner.value == .drained) }
        }
    }
}

/// What these tests share.
private enum Stage {
    struct Script: Sendable {
        let folder: TestFolder
        let path: String
    }

    /// As who we are, so that the script needs no permission.
    static func driver(_ bubblewrap: String, _ log: LogRecords = LogRecords()) -> LocalProcessDriver {
        LocalProcessDriver(
            runnerPath: "/usr/bin/true", bubblewrapPath: bubblewrap, account: nil, logger: log.logger())
    }

    static func specification(drainSeconds: Int = 20) -> RunnerSpecification {
        RunnerSpecification(
            plant: .somePlant(), runnerID: RunnerID(), epoch: 1, socketDirectory: "/tmp", drainSeconds: drainSeconds)
    }

    static func script(_ text: String) throws -> Script {
        let folder = try TestFolder()
        let source = try folder.write(Array("#!/bin/sh\n\(text)\n".utf8), to: "script")
        return Script(folder: folder, path: try folder.install(source, as: "bwrap"))
    }

    /// Runs a script that writes its number, looks at it, and asks it to leave. No zombie is left.
    @discardableResult
    static func running(
        _ script: Script, drainSeconds: Int = 20, _ look: (ProcessView) throws -> Void
    ) async throws -> RunnerExit {
        let running = Task { try await driver(script.path).run(specification(drainSeconds: drainSeconds)) }
        let process: ProcessView = try await eventually("it runs") {
            pid_t((try? String(contentsOfFile: script.path + ".pid", encoding: .utf8))?.dropLast() ?? "")
                .flatMap { ProcessView($0) }
        }
        try look(process)
        running.cancel()
        let end = try await running.value
        #expect(ProcessView(process.pid) != process, "it is still there, as a zombie or alive")
        return end
    }

    static var descriptors: Int { ProcessView(getpid())?.files.count ?? 0 }

    /// How often a thread of this process has gone to sleep so far.
    static var sleeps: Int {
        var use = rusage()
        getrusage(RUSAGE_SELF.rawValue, &use)
        return use.ru_nvcsw
    }
}
