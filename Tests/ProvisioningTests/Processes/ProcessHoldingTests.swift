import Glibc
import JSON
import Primitives
import Provisioning
import Testing

/// Each hostile program ends itself after ten seconds, and takes no more than 600 MB should its bound not hold.
@Suite("a process holds nothing out of sight", .serialized, .timeLimit(.minutes(10)))
struct ProcessHoldingTests {
    private func failure(_ code: String) async throws -> ProcessFailure {
        let job = try Sandboxes.job(.python, code)
        var limits = ProcessLimits()
        limits.memoryMegabytes = 128
        limits.wallSeconds = 12
        switch await Sandboxes.sandbox.run(job, limits: limits) {
        case .success(let result): throw NeverHappened(description: "it has a result: \(result)")
        case .failure(let failure): return failure
        }
    }

    @Test("memory that stays in the kernel when a process lets go of it cannot be had")
    func shared() async throws {
        let answers = try await Sandboxes.python(
            """
            import mmap, os
            def attempt(name, *rest, **named):
                try:
                    m = mmap.mmap(*rest, **named)
                    for i in range(0, len(m), 4096): m[i] = 1
                    m.madvise(4); print(name, 'allowed')
                except OSError as e: print(name, e.errno)
            attempt('anonymous', -1, 16 << 20)
            zero = os.open('/dev/zero', os.O_RDWR)
            attempt('zero', zero, 4096, flags=1)
            own = os.open('/tmp/own', os.O_RDWR | os.O_CREAT); os.ftruncate(own, 4096)
            attempt('file', own, 4096, flags=1)
            attempt('huge', -1, 2 << 20, flags=0x40022)
            attempt('private', -1, 16 << 20, flags=0x22)
            """)
        let refused = ["anonymous", "zero", "file", "huge"].map { "\($0) \(EPERM)" }
        #expect(answers.split(separator: "\n").map(String.init) == refused + ["private allowed"])
    }

    @Test("memory that no limit of data counts ends at the address space", arguments: [ProcessLanguage.python, .shell])
    func addressSpace(language: ProcessLanguage) async throws {
        let code = """
            import mmap
            try: mmap.mmap(-1, 3 << 30, flags=0x22, prot=1); print('allowed')
            except OSError as e: print(e.errno)
            """
        let result = try await Sandboxes.run(
            language, language == .python ? code : "python3 -c \"$CODE\"", environment: ["CODE": .string(code)])
        #expect(result.stdout == "\(ENOMEM)\n", "\(result)")
    }

    @Test("JavaScript has the room that it reserves, starts programs and threads, and runs WebAssembly")
    func javaScript() async throws {
        let result = try await Sandboxes.run(
            .js,
            """
            import { execFileSync } from 'node:child_process'
            import { Worker } from 'node:worker_threads'
            for (let i = 0; i < 3; i++) new WebAssembly.Memory({ initial: 1 })
            await new Promise((done, failed) => new Worker('1', { eval: true }).on('exit', done).on('error', failed))
            console.log(execFileSync('/bin/echo', ['well']).toString().trim())
            """)
        #expect(result.stdout == "well\n", "\(result)")
    }

    @Test("a process whose first thread has ended still holds its memory")
    func endedThread() async throws {
        let hidden = """
            import ctypes, os, threading, time
            def hold():
                time.sleep(0.3)
                x = bytearray(b'x') * (40 << 20)
                time.sleep(10); os._exit(0)
            for _ in range(6):
                if os.fork() == 0:
                    threading.Thread(target=hold).start()
                    ctypes.CDLL(None).syscall(\(Self.exitCall), 0)
            time.sleep(10)
            """
        #expect(try await failure(hidden) == ProcessFailure(.limit, "it holds more than 128 MiB of memory"))
    }

    @Test(
        "a process that ended, and one that made itself unreadable, hide no files", arguments: ["dead", "unreadable"])
    func files(hiding: String) async throws {
        // The last process is the one that hides.
        let code = """
            import ctypes, os, time
            if os.fork() == 0:
                for i in range(11000): open(f'/tmp/{i}', 'w').close()
                time.sleep(10); os._exit(0)
            if os.fork() == 0:
                if '\(hiding)' == 'dead': os._exit(0)
                ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
                time.sleep(10); os._exit(0)
            time.sleep(10); os._exit(0)
            """
        #expect(try await failure(code) == ProcessFailure(.limit, "it has more than 10000 files"))
    }

    @Test("the buffers of sockets are bounded by their number")
    func sockets() async throws {
        let code = """
            import os, socket, time
            for _ in range(10):
                if os.fork() == 0:
                    held = [socket.socketpair() for _ in range(20)]
                    time.sleep(10); os._exit(0)
            time.sleep(10)
            """
        #expect(try await failure(code) == ProcessFailure(.limit, "it has more than 128 sockets"))
    }

    #if arch(x86_64)
        private static let exitCall = 60
    #else
        private static let exitCall = 93
    #endif
}
