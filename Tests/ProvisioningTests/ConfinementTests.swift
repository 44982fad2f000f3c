import Foundation
import Glibc
import Primitives
import Provisioning
import RunnerCore
import Testing

/// A live runner, looked at from the outside: root may, and so may whoever made its user namespace.
@Suite("a live runner has nothing of the machine", .serialized, .timeLimit(.minutes(10)))
struct ConfinementTests {
    private func withRunner(_ body: (ProcessView, PlantsFixture, TenantScope) throws -> Void) async throws {
        let plant = TenantScope.somePlant()
        try await PlantsFixture.with(plant) { plants in
            try body(try await plants.runner(of: plant), plants, plant)
        }
    }

    @Test("it has no privilege, is filtered, and is nobody")
    func privileges() async throws {
        try await withRunner { runner, _, _ in
            for thread in runner.threads {
                let status = ProcessView(thread)
                for set in ["CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb"] {
                    #expect(status?.status(set) == "0000000000000000", "\(set)")
                }
                #expect(status?.status("NoNewPrivs") == "1")
                #expect(status?.status("Seccomp") == "2")
            }
            let account = PlantsFixture.account?.userID ?? geteuid()
            #expect(account != 0)
            #expect(runner.status("Uid") == Array(repeating: "\(account)", count: 4).joined(separator: "\t"))
            #expect(runner.status("Groups")?.split(separator: " ").contains("0") == false)
        }
    }

    @Test("it has namespaces of its own, of every kind")
    func namespaces() async throws {
        try await withRunner { runner, _, _ in
            for kind in ["user", "pid", "net", "mnt", "ipc", "uts", "cgroup"] {
                let theirs = try #require(runner.link("ns/\(kind)"), "\(kind)")
                #expect(theirs != ProcessView(getpid())?.link("ns/\(kind)"), "\(kind)")
            }
            #expect(runner.status("NSpid")?.split(separator: "\t").count == 2)
        }
    }

    @Test("it sees libraries and its own sockets, and can write to no file system")
    func files() async throws {
        let other = TenantScope.somePlant()
        let plant = TenantScope.somePlant()
        try await PlantsFixture.with(plant, other) { plants in
            _ = try await plants.runner(of: other)
            let runner = try await plants.runner(of: plant)
            let mounts = runner.lines("mountinfo").map { $0.split(separator: " ") }
            #expect(mounts.count > 5)
            for mount in mounts {
                let (place, options) = (String(mount[4]), mount[5].split(separator: ","))
                #expect(options.contains("nosuid"), "\(place)")
                // Devices that hold nothing, and terminals of its own.
                let isDevice = ["null", "zero", "full", "random", "urandom", "tty", "pts"].contains {
                    place == "/dev/\($0)"
                }
                #expect(options.contains("ro") || isDevice, "\(place) can be written")
            }
            let roots = ["dev", "etc", "lib", "lib64", "millwright-runner", "proc", "run", "usr"]
            #expect(Set(runner.listing("/")).isSubset(of: roots + ["opt"]), "\(runner.listing("/"))")
            #expect(Set(runner.listing("/etc")).isSubset(of: ["ld.so.cache", "ssl"]), "\(runner.listing("/etc"))")
            #expect(Set(runner.listing("/usr")).isSubset(of: ["lib", "lib64", "share"]))
            #expect(runner.listing("/run") == ["plant"])
            #expect(runner.listing("/run/plant") == ["egress.sock", "sync.sock"])
            for path in [plants.folder.path, plants.directory(of: other), "/home", "/root", "/tmp", "/var"] {
                #expect(access("/proc/\(runner.pid)/root\(path)", F_OK) != 0, "\(path) is there")
            }
        }
    }

    @Test("its network is a loopback of its own and nothing listens or speaks there")
    func network() async throws {
        try await withRunner { runner, _, _ in
            let devices = runner.lines("net/dev").dropFirst(2).map {
                $0.split(separator: ":")[0].trimmingCharacters(in: .whitespaces)
            }
            #expect(devices == ["lo"])
            for table in ["net/tcp", "net/tcp6", "net/udp", "net/udp6", "net/raw", "net/packet"] {
                #expect(runner.lines(table).count <= 1, "\(table)")
            }
            #expect(runner.lines("net/route").count <= 1)
        }
    }

    @Test("neither it nor its sandbox inherits a secret or a descriptor of the control plane")
    func inheritance() async throws {
        let secret = "a-master-key-\(UUID().uuidString)"
        setenv("MILLWRIGHT_MASTER_KEY", secret, 1)
        defer { unsetenv("MILLWRIGHT_MASTER_KEY") }
        // What a library that is careless about its descriptors would leave open.
        let marker = try TestFolder()
        try marker.write(Array("x".utf8), to: "marker")
        let file = open(marker.path("marker"), O_RDWR)
        var pair: [Int32] = [-1, -1]
        #expect(file >= 0 && socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        defer { for descriptor in pair + [file] { close(descriptor) } }
        let ours = Set(ProcessView(getpid())!.files.values.filter { $0.hasPrefix("socket:") })
        try await withRunner { runner, _, _ in
            let sandbox = try #require(runner.parent?.parent)
            for process in [runner, try #require(runner.parent), sandbox] {
                let environment = process.text("environ")
                #expect(!environment.contains(secret) && !environment.contains("MILLWRIGHT"), "\(environment)")
                #expect(!process.arguments.contains { $0.contains(secret) })
                for (number, what) in process.files {
                    #expect(!what.contains(marker.path), "\(number)")
                    #expect(!ours.contains(what), "\(number) is a socket of the control plane")
                }
            }
            #expect(runner.text("environ").split(separator: "\0").allSatisfy { $0.hasPrefix("PWD=") })
            for (number, what) in runner.files {
                let kinds =
                    number <= 2
                    ? ["pipe:"]
                    : ["pipe:", "socket:", "anon_inode:[eventpoll]", "anon_inode:[eventfd]", "anon_inode:[timerfd]"]
                #expect(kinds.contains { what.hasPrefix($0) }, "\(number) is \(what)")
            }
        }
    }

    @Test("many runners that start together do not hold one another's pipes")
    func pipes() async throws {
        let scopes = (0..<6).map { _ in TenantScope.somePlant() }
        try await PlantsFixture.with { plants in
            plants.registry.desire(scopes[0], scopes[1], scopes[2], scopes[3], scopes[4], scopes[5])
            for scope in scopes { _ = try await plants.runner(of: scope) }
            plants.registry.desire(scopes[0])
            // A pipe that another one holds would not end: the runner would stay until it is killed.
            for scope in scopes.dropFirst() {
                #expect(try await plants.end(of: scope, epoch: 1).exit == "drained")
            }
            #expect(plants.registry.ended.count == 5)
        }
    }

    @Test("it cannot dump its memory or open files without bound")
    func limits() async throws {
        try await withRunner { runner, _, _ in
            func limit(_ name: String) -> [Substring] {
                runner.lines("limits").first { $0.hasPrefix(name) }?.dropFirst(name.count).split(separator: " ") ?? []
            }
            #expect(limit("Max core file size").prefix(2) == ["0", "0"])
            let files = limit("Max open files").prefix(2).compactMap { UInt($0) }
            #expect(files.count == 2 && files.allSatisfy { $0 <= ProcessHardening.maximumFiles })
        }
    }
}
