import Foundation
import Glibc
import NIOCore
import NIOPosix
import Primitives
import Provisioning
import RunnerCore
import Testing

@Suite("a hostile program in a runner's sandbox gets nowhere", .serialized, .timeLimit(.minutes(10)))
struct HostileProbeTests {
    /// What only the runner's own filter refuses; the sandbox alone has nothing to say to it.
    private static let ofTheFilter: Set<String> = [
        "fork", "clone3", "execve", "ptrace-me", "keyctl", "add-key", "bpf", "io-uring", "userfaultfd", "perf",
        "personality", "kcmp",
    ]
    /// What must work, or the rest would prove nothing.
    private static let meant: Set<String> = ["own-sync-socket", "unix-socket"]

    @Test("the sandbox alone keeps it from the network, the machine's files and processes, and other plants")
    func sandbox() async throws {
        try await withTargets { probe, plant, targets in
            let results = try await probe.run(in: plant, targets)
            for (attempt, result) in results where !Self.ofTheFilter.contains(attempt) {
                if Self.meant.contains(attempt) {
                    #expect(result == "allowed", "\(attempt)")
                } else {
                    #expect(result != "allowed", "\(attempt) is allowed")
                }
            }
            #expect(results.count > 50)
            #expect(results["tcp-loopback"] == "ECONNREFUSED")
            #expect(results["tcp-metadata"] == "ENETUNREACH")
            #expect(results["remove-socket"] == "EROFS")
            #expect(results["kill-host"] == "ESRCH")
        }
    }

    @Test("the runner's system-call filter refuses it processes, tracing, keys, mounts and the kernel's odd corners")
    func filter() async throws {
        try await withTargets { probe, plant, targets in
            let program = try #require(SystemCallFilter.program)
            try probe.folder.write(program, to: "mine/filter")
            let results = try await probe.run(in: plant, targets + ["/run/plant/filter"])
            for (attempt, result) in results {
                #expect((result == "allowed") == Self.meant.contains(attempt), "\(attempt) is \(result)")
            }
            for attempt in Self.ofTheFilter.subtracting(["clone3"]) {
                #expect(results[attempt] == "EPERM", "\(attempt)")
            }
            // So that the C library makes its threads with `clone`.
            #expect(results["clone3"] == "ENOSYS")
            for attempt in ["tcp-loopback", "udp-outside", "raw-socket", "unshare-user", "mount", "ptrace-host"] {
                #expect(results[attempt] == "EPERM", "\(attempt)")
            }
        }
    }

    @Test("each part of the sandbox does its own work: without it, the probe gets through")
    func guards() async throws {
        try await withTargets { probe, plant, targets in
            func results(without change: ([String]) -> [String]) async throws -> [String: String] {
                try await probe.run(in: plant, targets, changing: change)
            }
            let network = try await results { ["--unshare-all", "--share-net"] + $0.dropFirst() }
            for attempt in ["tcp-loopback", "abstract-socket"] { #expect(network[attempt] == "allowed", "\(attempt)") }
            let users = try await results { $0.filter { $0 != "--disable-userns" } }
            #expect(users["unshare-user"] == "allowed")
            let writable = try await results { Self.dropping("--remount-ro", from: $0) }
            for attempt in ["write-root", "write-dev", "own-name"] {
                #expect(writable[attempt] == "allowed", "\(attempt)")
            }
            let bound = try await results { arguments in
                var arguments = arguments
                if let at = arguments.firstIndex(of: plant) { arguments[at - 1] = "--bind" }
                return arguments
            }
            for attempt in ["write-plant", "remove-socket"] { #expect(bound[attempt] == "allowed", "\(attempt)") }
        }
    }

    /// Without each such flag and its value.
    private static func dropping(_ flag: String, from arguments: [String]) -> [String] {
        var kept: [String] = []
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if word == flag { _ = rest.popFirst() } else { kept.append(word) }
        }
        return kept
    }

    /// Everything that the probe is to reach is really there and would answer.
    private func withTargets(_ body: (Probe, _ plant: String, _ targets: [String]) async throws -> Void) async throws {
        let probe = try await Probe()
        let name = "mw-probe-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        let group = MultiThreadedEventLoopGroup.singleton
        let tcp = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        var sockets: [any Channel] = [tcp]
        for plant in ["mine", "theirs"] {
            let directory = probe.folder.path(plant)
            mkdir(directory, 0o700)
            let path = directory + "/sync.sock"
            sockets.append(try await ServerBootstrap(group: group).bind(unixDomainSocketPath: path).get())
            if let account = PlantsFixture.account {
                for each in [directory, path] { chown(each, account.userID, account.groupID) }
            }
        }
        let abstract = try AbstractListener(name)
        let file = try probe.folder.write(Array("secret".utf8), to: "file-of-the-machine")
        let port = try #require(tcp.localAddress?.port)
        try await body(
            probe, probe.folder.path("mine"),
            ["\(port)", name, "\(getpid())", probe.folder.path("theirs/sync.sock"), file])
        for socket in sockets { try await socket.close() }
        withExtendedLifetime(abstract) {}
    }
}
