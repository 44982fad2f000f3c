import Foundation
import Glibc
import JSON
import NIOCore
import NIOPosix
import Primitives
import Provisioning
import Testing

@Suite("a process of a workflow has nothing of the machine", .serialized, .timeLimit(.minutes(10)))
struct ProcessConfinementTests {
    @Test("it has no network: not the machine's loopback, not its sockets without a path, not its hypervisor")
    func network() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let name = "mw-process-\(getpid())"
        let abstract = try AbstractListener(name)
        let answers = try await Sandboxes.python(
            """
            import socket
            def attempt(name, body):
                try: body(); print(name, 'allowed')
                except OSError as e: print(name, e.errno)
            def reach(family, address, kind=socket.SOCK_STREAM):
                s = socket.socket(family, kind); s.settimeout(2); s.connect(address)
            attempt('loopback', lambda: reach(socket.AF_INET, ('127.0.0.1', \(port))))
            attempt('outside', lambda: reach(socket.AF_INET, ('1.1.1.1', 53), socket.SOCK_DGRAM))
            attempt('six', lambda: reach(socket.AF_INET6, ('::1', \(port))))
            attempt('vsock', lambda: reach(40, (2, 22)))
            attempt('netlink', lambda: socket.socket(16, socket.SOCK_RAW))
            attempt('alg', lambda: socket.socket(38, socket.SOCK_SEQPACKET))
            attempt('packet', lambda: socket.socket(17, socket.SOCK_RAW))
            attempt('abstract', lambda: reach(socket.AF_UNIX, '\\0\(name)'))
            attempt('pair', lambda: socket.socketpair())
            """)
        let seen = Dictionary(
            uniqueKeysWithValues: answers.split(separator: "\n").map {
                (String($0.split(separator: " ")[0]), String($0.split(separator: " ")[1]))
            })
        #expect(seen["pair"] == "allowed")
        #expect(seen["abstract"] == "\(ECONNREFUSED)")
        for attempt in ["loopback", "outside", "six", "vsock", "netlink", "alg", "packet"] {
            #expect(seen[attempt] == "\(EPERM)", "\(attempt) is \(seen[attempt] ?? "missing")")
        }
        // The namespace as well: the filter is not the only guard.
        let devices = try await Sandboxes.run(.shell, "tail -n +3 /proc/net/dev | cut -d: -f1; wc -l </proc/net/route")
        #expect(devices.stdout.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) } == ["lo", "1"])
        try await server.close()
        withExtendedLifetime(abstract) {}
    }

    @Test("it can write to its own folder and nowhere else")
    func writing() async throws {
        let result = try await Sandboxes.run(
            .shell,
            """
            for place in / /etc /usr /usr/bin /usr/lib /dev /dev/shm /proc /proc/self /run /var /home; do
                (echo x >$place/x) 2>/dev/null && echo "$place"
            done
            (echo x >/proc/sys/kernel/core_pattern) 2>/dev/null && echo core
            (echo x >/tmp/x) && echo own
            awk '$4 ~ /^rw/ { print $2 }' /proc/mounts | grep -v '^/dev/'
            awk '$4 !~ /nosuid/ { print $2 }' /proc/mounts
            """)
        #expect(result.stdout == "own\n/tmp\n", "\(result.stdout) \(result.stderr)")
    }

    @Test("it sees programs and libraries, and no file of the control plane or of anybody else")
    func files() async throws {
        let folder = try TestFolder()
        try folder.write(Array("a-master-key".utf8), to: "master.key")
        let answers = try await Sandboxes.python(
            """
            import os
            print(sorted(os.listdir('/')))
            print(sorted(os.listdir('/etc')))
            for path in ['\(folder.path)', '\(folder.path("master.key"))', '\(Programs.root)', '/root', '/home', '/var', '/run',
                         '/sys', '/etc/passwd', '/etc/shadow', '/opt', '/boot', '/run/plant']:
                if os.path.lexists(path): print(path, 'is there')
            """)
        let lines = answers.split(separator: "\n")
        #expect(lines.count == 2, "\(answers)")
        let roots = ["bin", "dev", "etc", "lib", "lib32", "lib64", "proc", "sbin", "tmp", "usr"]
        #expect(lines[0].split { "[]', ".contains($0) }.allSatisfy { roots.contains(String($0)) }, "\(lines[0])")
        #expect(lines[1].split { "[]', ".contains($0) }.allSatisfy { ["alternatives", "ld.so.cache"].contains($0) })
    }

    @Test("it sees no process of the machine, and no environment but its own")
    func processes() async throws {
        let secret = "a-master-key-\(UUID().uuidString)"
        setenv("MILLWRIGHT_MASTER_KEY", secret, 1)
        defer { unsetenv("MILLWRIGHT_MASTER_KEY") }
        let answers = try await Sandboxes.python(
            """
            import glob, os
            print(len(glob.glob('/proc/[0-9]*')))
            for path in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):
                try: print(open(path, 'rb').read().decode())
                except OSError as e: pass
            try: os.kill(\(getpid()), 0); print('reached')
            except OSError as e: print(e.errno)
            """)
        let lines = answers.split(separator: "\n")
        #expect(try #require(lines.first.flatMap { Int($0) }) <= 4, "\(answers)")
        #expect(lines.last == "\(ESRCH)")
        #expect(!answers.contains(secret) && !answers.contains("MILLWRIGHT"), "\(answers)")
        #expect(!answers.contains(Programs.root), "\(answers)")
    }

    @Test("what a job is given stands in no command line of the machine")
    func commandLines() async throws {
        let secret = "secret\(UInt32.random(in: 0 ... .max))"
        let job = try Sandboxes.job(
            .shell, "read line; sleep 3; : \(secret)", environment: ["TOKEN": .string(secret)], stdin: .string(secret))
        async let running = Sandboxes.sandbox.run(job)
        try await eventually("it runs") { !ProcessView.mentioning("/tmp/script.sh").isEmpty }
        for _ in 0..<20 {
            #expect(ProcessView.mentioning(secret).isEmpty)
            try await ContinuousClock().sleep(for: .milliseconds(20))
        }
        #expect(try await running.get().code == 0)
    }

    @Test("it is nobody, has no capability, cannot get one, and the kernel's odd corners are closed")
    func privileges() async throws {
        let answers = try await Sandboxes.python(
            """
            import ctypes, os
            status = dict(l.rstrip('\\n').split(':\\t', 1) for l in open('/proc/self/status') if ':\\t' in l)
            for key in ['CapEff', 'CapPrm', 'CapBnd', 'CapInh', 'CapAmb', 'NoNewPrivs', 'Seccomp', 'Uid']:
                print(key, status[key])
            libc = ctypes.CDLL(None, use_errno=True)
            calls = \(Self.calls)
            for name, (number, *words) in calls.items():
                ctypes.set_errno(0)
                value = libc.syscall(number, *words)
                print(name, 'allowed' if value >= 0 else ctypes.get_errno())
            """)
        let seen = Dictionary(
            uniqueKeysWithValues: answers.split(separator: "\n").map { line in
                let parts = line.split(separator: " ", maxSplits: 1)
                return (String(parts[0]), String(parts[1]))
            })
        for set in ["CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb"] { #expect(seen[set] == "0000000000000000") }
        #expect(seen["NoNewPrivs"] == "1" && seen["Seccomp"] == "2")
        let account = PlantsFixture.account?.userID ?? geteuid()
        #expect(account != 0 && seen["Uid"] == Array(repeating: "\(account)", count: 4).joined(separator: "\t"))
        #if arch(x86_64)
            for call in ["unshare", "ptrace", "mount", "keyctl", "bpf", "memfd", "shmget", "clone", "userfaultfd"] {
                #expect(seen[call] == "\(EPERM)", "\(call) is \(seen[call] ?? "missing")")
            }
            #expect(seen["clone3"] == "\(ENOSYS)")
        #endif
    }

    #if arch(x86_64)
        private static let calls = """
            {'unshare': (272, 0x10000000), 'ptrace': (101, 0, 0, 0, 0), 'mount': (165, 0, 0, 0, 0, 0),
             'keyctl': (250, 0, -3, 1), 'bpf': (321, 0, 0, 0), 'memfd': (319, b'x', 0), 'shmget': (29, 0, 4096, 0o1600),
             'clone': (56, 0x10000011, 0, 0, 0, 0), 'userfaultfd': (323, 0), 'clone3': (435, 0, 0)}
            """
    #else
        private static let calls = "{}"
    #endif
}
