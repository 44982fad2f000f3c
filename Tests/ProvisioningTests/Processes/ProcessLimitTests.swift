import Foundation
import JSON
import Primitives
import Provisioning
import Testing

@Suite("a process stays inside its limits", .serialized, .timeLimit(.minutes(10)))
struct ProcessLimitTests {
    private func failure(
        _ language: ProcessLanguage, _ code: String, _ change: (inout ProcessLimits) -> Void = { _ in }
    ) async throws -> ProcessFailure {
        do {
            let result = try await Sandboxes.run(language, code, change)
            throw NeverHappened(description: "it has a result: \(result.code) \(result.stdout) \(result.stderr)")
        } catch let failure as ProcessFailure {
            return failure
        }
    }

    @Test("when its time is up it ends, and everything that it started, however deep and in whatever session")
    func wallTime() async throws {
        let word = "4\(UInt32.random(in: 1000...9999))"
        let clock = ContinuousClock()
        let startedAt = clock.now
        let failure = try await failure(
            .shell, "sleep \(word) & setsid sleep \(word) & (trap '' TERM HUP INT; nohup sleep \(word)) & sleep \(word)"
        ) { $0.wallSeconds = 1 }
        #expect(failure == ProcessFailure(.timeout, "it took longer than 1 s"))
        #expect(clock.now - startedAt < .seconds(4))
        try await Sandboxes.nothingIsLeft(of: word)
    }

    @Test("what it left running ends with it")
    func leftRunning() async throws {
        let word = "4\(UInt32.random(in: 1000...9999))"
        let result = try await Sandboxes.run(.shell, "setsid sleep \(word) & echo started")
        #expect(result.stdout == "started\n")
        try await Sandboxes.nothingIsLeft(of: word)
    }

    @Test("giving it up ends it")
    func cancelled() async throws {
        let word = "4\(UInt32.random(in: 1000...9999))"
        let job = try Sandboxes.job(.shell, "sleep \(word) & sleep \(word)")
        let running = Task { await Sandboxes.sandbox.run(job) }
        try await eventually("it runs") { ProcessView.mentioning(word).count > 1 }
        running.cancel()
        guard case .failure(let failure) = await running.value else {
            Issue.record("it has a result")
            return
        }
        #expect(failure.kind == .cancelled)
        try await Sandboxes.nothingIsLeft(of: word)
    }

    @Test("it gets so much time of the processor", arguments: ProcessLanguage.allCases)
    func cpuTime(language: ProcessLanguage) async throws {
        let codes: [ProcessLanguage: String] = [
            .python: "while True: pass", .js: "while (true) {}", .shell: "while :; do :; done",
        ]
        let failure = try await failure(language, try #require(codes[language])) {
            $0.cpuSeconds = 1
            $0.wallSeconds = 20
        }
        #expect(failure == ProcessFailure(.timeout, "it used more than 1 s of processor time"))
    }

    @Test("a fork bomb runs into the count of processes, and ends with its time")
    func forkBomb() async throws {
        let counted = try await Sandboxes.python(
            """
            import os, time
            n = 0
            try:
                while n < 1000:
                    if os.fork() == 0: time.sleep(30); os._exit(0)
                    n += 1
            except BlockingIOError: pass
            print(n)
            """)
        #expect(try #require(Int(counted)) < ProcessLimits().processes)
        let failure = try await failure(.shell, "f() { f | f & }; f; sleep 60") { $0.wallSeconds = 2 }
        #expect(failure.kind == .timeout)
        #expect(try await Sandboxes.run(.shell, "echo well").stdout == "well\n")
    }

    @Test("one process and many processes: all of their memory is counted")
    func memory() async throws {
        let one = try await Sandboxes.run(.python, "x = bytearray(1 << 30)") { $0.memoryMegabytes = 128 }
        #expect(one.code == 1 && one.stderr.contains("MemoryError"))
        let js = try await Sandboxes.run(
            .js, "const a = []; while (true) a.push(Buffer.alloc(1 << 20, 1))"
        ) { $0.memoryMegabytes = 128 }
        #expect(js.code != 0)
        // Each stays below the limit of one process.
        let many = """
            import os, time
            for _ in range(6):
                if os.fork() == 0:
                    x = bytearray(b'x') * (40 << 20)
                    time.sleep(30); os._exit(0)
            time.sleep(30)
            """
        #expect(
            try await failure(.python, many) { $0.memoryMegabytes = 128 }
                == ProcessFailure(.limit, "it holds more than 128 MiB of memory"))
    }

    @Test("a gigabyte of output ends it, and we keep no more than a mebibyte", arguments: ["", ">&2"])
    func output(to stream: String) async throws {
        let failure = try await failure(.shell, "head -c 1000000000 /dev/zero \(stream); sleep 30")
        let name = stream.isEmpty ? "standard output" : "standard error"
        #expect(failure == ProcessFailure(.limit, "it wrote more than 1024 KiB to its \(name)"))
        let whole = try await Sandboxes.run(.shell, "head -c 1048576 /dev/zero | tr '\\0' x \(stream)")
        #expect((stream.isEmpty ? whole.stdout : whole.stderr).utf8.count == 1 << 20)
    }

    @Test("its folder is bounded in bytes and in files, and gone afterwards")
    func files() async throws {
        let full = try await Sandboxes.run(
            .shell, "head -c 40000000 /dev/zero >a; head -c 40000000 /dev/zero >b; ls -l a b | wc -l; exit 0")
        #expect(full.stderr.contains("No space left") && full.stdout == "2\n", "\(full)")
        let large = try await Sandboxes.run(.shell, "head -c 90000000 /dev/zero >a; echo $?")
        #expect(large.stdout != "0\n")
        let many = "import time\nfor i in range(20000): open(f'/tmp/{i}', 'w').close()\ntime.sleep(30)"
        #expect(
            try await failure(.python, many) == ProcessFailure(.limit, "it has more than 10000 files"))
        let open = try await Sandboxes.python(
            """
            n = 0
            try:
                f = []
                while n < 2000: f.append(open('/dev/null')); n += 1
            except OSError: pass
            print(n)
            """)
        #expect(try #require(Int(open)) <= ProcessLimits().openFiles)
        #expect(try await Sandboxes.run(.shell, "ls").stdout == "script.sh\n")
    }
}
