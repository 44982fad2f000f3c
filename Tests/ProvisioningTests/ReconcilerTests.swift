import Connectors
import Foundation
import Glibc
import Logging
import NIOPosix
import Primitives
import RunnerProtocol
import Synchronization
import Testing
import Workflow

@testable import Provisioning

@Suite("what runs is what is desired", .serialized, .timeLimit(.minutes(10)))
struct ReconcilerTests {
    @Test("a program that is not there is reported with its reason, and tried again ever less often")
    func noProgram() async throws {
        let plant = TenantScope.somePlant()
        try await PlantsFixture.with(plant, runner: "/nonexistent/millwright-runner") { plants in
            let first = try await plants.end(of: plant, epoch: 1)
            #expect(first.exit.contains("Can't find source path /nonexistent/millwright-runner"), "\(first.exit)")
            _ = try await plants.end(of: plant, epoch: 4)
            let delays = plants.registry.ended.compactMap(\.restartInSeconds)
            #expect(delays.prefix(4) == [0.1, 0.2, 0.4, 0.8])
        }
    }

    @Test("a sandbox that cannot be started is reported with its reason")
    func noSandbox() async throws {
        let plant = TenantScope.somePlant()
        try await PlantsFixture.with(plant, bubblewrap: "/nonexistent/bwrap") { plants in
            let end = try await plants.end(of: plant, epoch: 1)
            #expect(end.exit.contains("/nonexistent/bwrap"), "\(end.exit)")
        }
    }

    @Test("a program that ends at once is reported with its code, and what it said is in our log, as its own")
    func endsAtOnce() async throws {
        let plant = TenantScope.somePlant()
        let folder = try TestFolder()
        let forged =
            #"{"level":"error","message":"it is\u001b[2J\nforged","plant":"partner/x","epoch":"9","secret":"no"}"#
        let program = folder.path("runner")
        let text = forged.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        try await CProgram.make(body: "fputs(\"\(text)\\nnot JSON\\ncut off\", stderr); exit(7);", at: program)
        try await PlantsFixture.with(plant, runner: program) { plants in
            #expect(try await plants.end(of: plant, epoch: 1).exit == "exit code 7: cut off")
            let record = try #require(plants.log.all.first { $0.message.hasPrefix("runner: it is [2J forged") })
            #expect(record.metadata["plant"] == "\(plant)" && record.metadata["epoch"] == "1")
            #expect(record.level == .error && record.metadata["secret"] == "no")
            #expect(plants.log.contains("runner: not JSON"))
        }
    }

    @Test("a runner that shouts is cut off, in the line and in the number of lines")
    func shouting() async throws {
        let plant = TenantScope.somePlant()
        let folder = try TestFolder()
        let program = folder.path("runner")
        let body = """
            static char line[3000001];
            memset(line, 'x', sizeof line - 1);
            puts(line);
            for (int i = 0; i < 50000; i++) puts("y");
            fflush(stdout);
            exit(7);
            """
        try await CProgram.make(body: body, at: program)
        try await PlantsFixture.with(plant, runner: program) { plants in
            _ = try await plants.end(of: plant, epoch: 1)
            let lines = plants.log.all.filter { $0.message.hasPrefix("runner: ") }
            #expect(lines.allSatisfy { $0.message.utf8.count < 2000 })
            // Two at the most, should a minute have ended meanwhile.
            #expect(lines.count <= 1202, "\(lines.count)")
            #expect(plants.log.contains("a runner logs too much"))
        }
    }

    @Test("a runner that is killed is started again, with the next epoch and after a growing delay")
    func killed() async throws {
        let plant = TenantScope.somePlant()
        try await PlantsFixture.with(plant) { plants in
            var last: ProcessView?
            for epoch in 1...4 {
                let runner = try await plants.runner(of: plant, after: last)
                #expect(runner.argument(after: "--epoch") == "\(epoch)")
                kill(runner.pid, SIGKILL)
                let end = try await plants.end(of: plant, epoch: Int64(epoch))
                #expect(end.exit == "signal 9")
                #expect(end.restartInSeconds == [0.1, 0.2, 0.4, 0.8][epoch - 1])
                last = runner
            }
        }
    }

    @Test("a runner that stayed up long starts afresh, and no delay is longer than the longest")
    func backoff() {
        var backoff = RestartBackoff()
        let delays = (0..<100).map { _ in backoff.delaySeconds(afterLivingFor: 0) }
        #expect(delays.prefix(4) == [0.1, 0.2, 0.4, 0.8])
        #expect(delays.max() == RestartBackoff.longestDelaySeconds)
        #expect(backoff.delaySeconds(afterLivingFor: RestartBackoff.healthyAfterSeconds) == 0.1)
        #expect(backoff.delaySeconds(afterLivingFor: 0) == 0.2)
    }

    @Test("a plant that is not desired any more loses its runner, its end is recorded, and the others keep theirs")
    func stopped() async throws {
        let (plant, other) = (TenantScope.somePlant(), TenantScope.somePlant())
        try await PlantsFixture.with(plant, other) { plants in
            let runner = try await plants.runner(of: plant)
            let neighbour = try await plants.runner(of: other)
            plants.registry.desire(other)
            let end = try await plants.end(of: plant, epoch: 1)
            #expect(end == .init(plant: plant, epoch: 1, exit: "drained", restartInSeconds: nil))
            #expect(!runner.isRunning)
            try await eventually("its directory is gone") { access(plants.directory(of: plant), F_OK) != 0 }
            #expect(neighbour.isRunning && plants.registry.epoch(of: other) == 1)
            // Wanted again: the next epoch.
            plants.registry.desire(plant, other)
            #expect(try await plants.runner(of: plant).argument(after: "--epoch") == "2")
        }
    }

    @Test("a runner that is to stop gets the time to finish its call and to commit what came of it")
    func drains() async throws {
        let plant = TenantScope.somePlant()
        let peer = try SlowPeer()
        let rule = EgressPolicy.Rule(pattern: HostPattern("127.0.0.1")!, port: peer.port, allowsPrivate: true)
        try await PlantsFixture.with(rules: EgressPolicy(rules: [rule], within: .loopback)) { plants in
            plants.sync.give(plant, aCallTo: "http://127.0.0.1:\(peer.port)/")
            plants.registry.desire(plant)
            await peer.called()
            plants.registry.desire()
            try await eventually("it drains") { plants.log.contains("runner: draining") }
            #expect(plants.registry.ended.isEmpty)
            peer.answer()
            #expect(try await plants.end(of: plant, epoch: 1).exit == "drained")
            #expect(plants.sync.commits(of: plant).last?.status == .completed)
        }
    }

    @Test("a runner that does not leave is killed when its time is over")
    func overstays() async throws {
        let folder = try TestFolder()
        let program = folder.path("runner")
        try await CProgram.make(body: "signal(SIGTERM, SIG_IGN); for (;;) pause();", at: program)
        let plant = TenantScope.somePlant()
        let driver = PlantsFixture.driver(runner: program)
        let running = Task {
            try await driver.run(
                RunnerSpecification(
                    plant: plant, runnerID: RunnerID(), epoch: 1, socketDirectory: folder.path, drainSeconds: 1))
        }
        _ = try await eventually("it runs") { ProcessView.runner(of: plant.plantText) }
        let clock = ContinuousClock()
        let askedAt = clock.now
        running.cancel()
        #expect(try await running.value == .killed(signal: SIGKILL))
        #expect((1...5).contains((clock.now - askedAt).components.seconds))
        try await eventually("nothing of it is left") { ProcessView.mentioning(folder.path).isEmpty }
    }

    @Test("a desired state that cannot be read stops nothing, and is read again soon")
    func unreadable() async throws {
        let plant = TenantScope.somePlant()
        try await PlantsFixture.with(plant) { plants in
            let runner = try await plants.runner(of: plant)
            let reads = plants.registry.reads
            plants.registry.fail(true)
            try await eventually("it is asked again without being told", within: 5) {
                plants.registry.reads > reads + 1
            }
            #expect(runner.isRunning && plants.registry.ended.isEmpty)
            // It dies meanwhile: its successor waits for an epoch.
            kill(runner.pid, SIGKILL)
            try await eventually("the end is logged") { plants.log.contains("runner ended") }
            plants.registry.fail(false)
            #expect(try await plants.runner(of: plant, after: runner).argument(after: "--epoch") == "2")
        }
    }

    @Test("a listener that ends while its runner connects again and again takes nothing else down")
    func closing() async throws {
        let folder = try TestFolder()
        let path = folder.path("sync.sock")
        let listener = SyncListener(
            plant: .somePlant(), path: path, endpoint: MemorySync(), group: MultiThreadedEventLoopGroup.singleton,
            logger: LogRecords().logger())
        for _ in 0..<200 {
            let (opened, isOpen) = AsyncStream<Void>.makeStream()
            let running = Task { try await listener.run { isOpen.finish() } }
            for await _ in opened {}
            // The one before must not remove the socket of this one.
            let callers = (0..<SyncListener.maximumConnections).compactMap { _ in try? UnixCaller(path) }
            #expect(callers.count == SyncListener.maximumConnections)
            running.cancel()
            let late = try? UnixCaller(path)
            _ = await running.result
            #expect(access(path, F_OK) != 0)
            for caller in callers + [late].compactMap(\.self) { caller.close() }
        }
    }

    @Test(
        "the calls of a runner that are under way have a bounded number of bytes; one that was sent away leaves its share"
    )
    func bytesUnderWay() async throws {
        let bodies = SyncBodies(limit: 100)
        let first = bodies.share()
        #expect(first.add(60) && first.add(30))
        do {
            let second = bodies.share()
            #expect(!second.add(11) && second.add(10))
        }
        let third = bodies.share()
        #expect(third.add(10) && !third.add(1) && third.add(10))
        first.giveBack()
        first.giveBack()
        #expect(third.add(90) && !third.add(1))

        let folder = try TestFolder()
        let path = folder.path("sync.sock")
        let listener = SyncListener(
            plant: .somePlant(), path: path, endpoint: MemorySync(), group: MultiThreadedEventLoopGroup.singleton,
            logger: LogRecords().logger())
        let (opened, isOpen) = AsyncStream<Void>.makeStream()
        let running = Task { try await listener.run { isOpen.finish() } }
        for await _ in opened {}
        let size = SyncListener.maximumBodyBytes
        let callers = try (0..<2).map { _ in try UnixCaller(path) }
        let most = String(repeating: " ", count: size - 1000)
        await withDiscardingTaskGroup { group in
            for caller in callers {
                group.addTask {
                    _ = try? await NIOThreadPool.singleton.runIfActive {
                        caller.send("POST /sync HTTP/1.1\r\nhost: x\r\ncontent-length: \(size)\r\n\r\n")
                        caller.send(most)
                    }
                }
            }
        }
        try await eventually("one of them is sent away") { callers.contains { $0.isSentAway } }
        #expect(callers.count { $0.isSentAway } == 1)
        for caller in callers { caller.close() }
        let next = try UnixCaller(path)
        next.send("POST /sync HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}")
        #expect(try await next.read { $0.contains("HTTP/1.1") }.hasPrefix("HTTP/1.1"))
        next.close()
        running.cancel()
        _ = await running.result
    }

    @Test("programs are started while threads come and go")
    func threads() async throws {
        let isOver = Mutex(false)
        for _ in 0..<4 {
            Thread.detachNewThread {
                while !isOver.withLock({ $0 }) {
                    var thread = pthread_t()
                    if pthread_create(&thread, nil, { _ in nil }, nil) == 0 { pthread_join(thread, nil) }
                }
            }
        }
        defer { isOver.withLock { $0 = true } }
        let driver = PlantsFixture.driver(runner: "/usr/bin/true")
        for _ in 0..<50 { #expect(await driver.missingProtections() == []) }
    }

    @Test("what a killed control plane left of its plants is removed")
    func leftovers() async throws {
        let plant = TenantScope.somePlant()
        let folder = try TestFolder()
        let old = folder.path("plants/\(PlantID())")
        try FileManager.default.createDirectory(atPath: old, withIntermediateDirectories: true)
        try folder.write([], to: "plants/\(old.split(separator: "/").last!)/sync.sock")
        try await PlantsFixture.with(plant, in: folder) { plants in
            _ = try await plants.runner(of: plant)
            #expect(access(old, F_OK) != 0)
        }
    }

    @Test("a runner has a bounded number of connections to the control plane")
    func connections() async throws {
        let plant = TenantScope.somePlant()
        try await PlantsFixture.with(plant) { plants in
            _ = try await plants.runner(of: plant)
            let path = plants.directory(of: plant) + "/sync.sock"
            let callers = (0..<SyncListener.maximumConnections + 2).compactMap { _ in try? UnixCaller(path) }
            defer { for caller in callers { caller.close() } }
            // The runner has one of the places itself.
            try await eventually("those that are too many are sent away") {
                callers.filter { !$0.isSentAway }.count < SyncListener.maximumConnections
            }
            #expect(ProcessView.runner(of: plant.plantText)?.isRunning == true)
        }
    }
}
