import Foundation
import Glibc
import JSON
import Primitives
import Provisioning
import Testing

@Suite("a plant's process socket", .serialized, .timeLimit(.minutes(10)))
struct ProcessSocketTests {
    private let plant = TenantScope.somePlant()

    private func withSocket(
        _ policy: ProcessPolicy = ProcessPolicy(languages: [.shell]),
        _ body: (_ path: String, PlantsFixture) async throws -> Void
    ) async throws {
        try await PlantsFixture.with(plant) { plants in
            plants.policies.set(plant, policy)
            let path = plants.directory(of: plant) + "/processes.sock"
            try await eventually("the socket is there") { access(path, F_OK) == 0 }
            try await body(path, plants)
        }
    }

    @Test("it is there when the policy allows something, and only then; a change ends what runs")
    func policy() async throws {
        let word = "4\(UInt32.random(in: 1000...9999))"
        try await PlantsFixture.with(plant) { plants in
            let path = plants.directory(of: plant) + "/processes.sock"
            let runner = try await plants.runner(of: plant)
            #expect(runner.listing("/run/plant") == ["egress.sock", "sync.sock"])
            plants.policies.set(plant, ProcessPolicy(languages: [.shell]))
            try await eventually("the socket opens") { access(path, F_OK) == 0 }
            #expect(runner.listing("/run/plant") == ["egress.sock", "processes.sock", "sync.sock"])
            let caller = try ProcessCaller(path)
            defer { caller.close() }
            caller.send(ProcessCaller.shell("sleep \(word)"))
            try await eventually("it runs") { !ProcessView.mentioning(word).isEmpty }
            plants.policies.set(plant, .nothing)
            try await eventually("the socket closes") { access(path, F_OK) != 0 }
            try await Sandboxes.nothingIsLeft(of: word)
            // Again, for the same runner.
            plants.policies.set(plant, ProcessPolicy(languages: [.python]))
            try await eventually("the socket opens again") { access(path, F_OK) == 0 }
            let answer = try await ProcessCaller.ask(path, ProcessCaller.shell("echo x"))
            #expect(answer?["failure"]?["kind"] == "not-allowed")
            #expect(answer?["failure"]?["detail"]?.stringValue?.contains("does not allow shell") == true)
            #expect(runner.isRunning)
        }
    }

    @Test("the policy's limits hold, and a task's own timeout where it is shorter")
    func limits() async throws {
        let policy = ProcessPolicy(languages: [.shell], cpuSeconds: 3, memoryMegabytes: 64, wallSeconds: 2)
        try await withSocket(policy) { path, _ in
            let said = try await ProcessCaller.ask(path, ProcessCaller.shell("ulimit -t; ulimit -d; ulimit -c"))
            #expect(said?["result"]?["stdout"] == "3\n65536\n0\n")
            let slow = try await ProcessCaller.ask(path, ProcessCaller.shell("sleep 60"))
            #expect(slow?["failure"] == ["kind": "timeout", "detail": "it took longer than 2 s"])
            var request = ProcessCaller.shell("sleep 60")
            request.set("timeoutSeconds", 1)
            let task = try await ProcessCaller.ask(path, request)
            #expect(task?["failure"]?["detail"] == "it took longer than 1 s")
        }
    }

    @Test("a runner that goes away ends its job")
    func broken() async throws {
        let word = "4\(UInt32.random(in: 1000...9999))"
        try await withSocket { path, _ in
            let caller = try ProcessCaller(path)
            caller.send(ProcessCaller.shell("sleep \(word) & sleep \(word)"))
            try await eventually("it runs") { ProcessView.mentioning(word).count > 1 }
            caller.close()
            try await Sandboxes.nothingIsLeft(of: word)
        }
    }

    @Test("a job that nobody awaits is accepted at once, and goes on without its runner")
    func unawaited() async throws {
        let word = "4\(UInt32.random(in: 1000...9999))"
        try await withSocket { path, plants in
            #expect(
                try await ProcessCaller.ask(path, ProcessCaller.shell("sleep \(word)", await: false))
                    == ["result": .null])
            try await eventually("it runs") { !ProcessView.mentioning(word).isEmpty }
            #expect(!ProcessView.mentioning(word).isEmpty)
            plants.policies.set(plant, .nothing)
            try await Sandboxes.nothingIsLeft(of: word)
        }
    }

    @Test("what is no request is sent away or refused, and costs nobody else anything")
    func hostile() async throws {
        try await withSocket { path, _ in
            let bad: [(String, [UInt8])] = [
                ("a length beyond all bounds", [0xFF, 0xFF, 0xFF, 0xFF, 0]), ("two requests", [0, 0, 0, 1, 1, 0, 0]),
                ("HTTP", Array("POST / HTTP/1.1\r\n\r\n".utf8)),
            ]
            for (name, bytes) in bad {
                let caller = try ProcessCaller(path)
                caller.send(bytes)
                #expect(try await caller.answer() == nil, "\(name)")
                caller.close()
            }
            let requests: [JSONValue] = [
                .null, [:], ["function": "run:shell"], ["function": "http", "arguments": [:]],
                ["function": "run:shell", "arguments": ["shell": ["command": ["x"]]]],
                ["function": "run:container", "arguments": ["container": ["image": "x"]]],
            ]
            for request in requests {
                let answer = try await ProcessCaller.ask(path, request)
                #expect(answer?["failure"]?["kind"] == "invalid-arguments", "\(request)")
            }
            // Silent ones, more than there may be; those from before may still hold some of the places.
            let silent = try (0..<100).map { _ in try ProcessCaller(path) }
            try await eventually("one more is sent away") {
                try await ProcessCaller.ask(path, ProcessCaller.shell("echo x")) == nil
            }
            for caller in silent { caller.close() }
            try await eventually("there is room again") {
                try await ProcessCaller.ask(path, ProcessCaller.shell("echo x"))?["result"]?["stdout"] == "x\n"
            }
        }
    }

    @Test("who does not send a whole request is sent away after ten seconds")
    func unfinished() async throws {
        try await withSocket { path, _ in
            let silent = try ProcessCaller(path)
            let slow = try ProcessCaller(path)
            defer { for caller in [silent, slow] { caller.close() } }
            slow.send([0, 0, 1, 0, 0x7B])
            let clock = ContinuousClock()
            let startedAt = clock.now
            #expect(try await slow.answer() == nil)
            #expect(try await silent.answer() == nil)
            // A caller's own patience is twenty seconds.
            #expect((.seconds(8) ... .seconds(17)).contains(clock.now - startedAt))
            #expect(try await ProcessCaller.ask(path, ProcessCaller.shell("echo x"))?["result"]?["stdout"] == "x\n")
        }
    }

    @Test("requests hold no more than 32 MiB at once, and give it back")
    func budget() async throws {
        try await withSocket { path, _ in
            // Two fit; each says that one byte more is to come.
            let size = 11 << 20
            let held = try (0..<2).map { _ in try ProcessCaller(path) }
            for caller in held {
                await caller.sendAll(withUnsafeBytes(of: UInt32(size + 1).bigEndian) { Array($0) })
                await caller.sendAll([UInt8](repeating: 0x20, count: size))
            }
            let third = try ProcessCaller(path)
            await third.sendAll(withUnsafeBytes(of: UInt32(size).bigEndian) { Array($0) })
            await third.sendAll([UInt8](repeating: 0x20, count: size))
            let refusal = try await third.answer()
            #expect(refusal?["failure"]?["kind"] == "busy")
            for caller in held + [third] { caller.close() }
            try await eventually("there is room again") {
                try await ProcessCaller.ask(path, ProcessCaller.shell("echo x"))?["result"]?["stdout"] == "x\n"
            }
        }
    }

    @Test("a plant with many jobs does not keep another's waiting")
    func fair() async throws {
        let other = TenantScope.somePlant()
        try await PlantsFixture.with(plant, other) { plants in
            let places = [plant, other]
            for place in places { plants.policies.set(place, ProcessPolicy(languages: [.shell])) }
            let paths = places.map { plants.directory(of: $0) + "/processes.sock" }
            try await eventually("the sockets are there") { paths.allSatisfy { access($0, F_OK) == 0 } }
            let busy = try (0..<30).map { _ in try ProcessCaller(paths[0]) }
            defer { for caller in busy { caller.close() } }
            for caller in busy { caller.send(ProcessCaller.shell("sleep 1")) }
            try await eventually("one runs") { !ProcessView.mentioning("/tmp/script.sh").isEmpty }
            let clock = ContinuousClock()
            let startedAt = clock.now
            #expect(try await ProcessCaller.ask(paths[1], ProcessCaller.shell("echo x")) != nil)
            // Thirty jobs of a second, two at a time, would be fifteen.
            #expect(clock.now - startedAt < .seconds(4))
        }
    }
}
