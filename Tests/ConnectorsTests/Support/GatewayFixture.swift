import Connectors
import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization

let quietLogger = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }

/// A gateway for one plant while a test runs.
struct GatewayFixture: Sendable {
    let socketPath: String
    let counters: EgressCounters

    var dialer: GatewayDialer { GatewayDialer(socketPath: socketPath, group: MultiThreadedEventLoopGroup.singleton) }

    /// Sends raw bytes and answers all that came until the gateway ended the connection.
    func ask(_ text: String, closesOutput: Bool = false) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(unixDomainSocketPath: socketPath) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            if closesOutput { outbound.finish() }
            var answer = ByteBuffer()
            for try await bytes in inbound { answer.writeImmutableBuffer(bytes) }
            return String(buffer: answer)
        }
    }

    /// Waits until the counters say so; the test's time limit bounds it.
    func until(_ condition: (EgressCounters.Snapshot) -> Bool) async {
        while !condition(counters.snapshot) { await Task.yield() }
    }
}

func withGateway(
    _ policy: EgressPolicy, resolver: any HostResolver = SystemResolver(), limits: EgressGateway.Limits = .init(),
    _ body: @Sendable (GatewayFixture) async throws -> Void
) async throws {
    try await withGateway(policy: { policy }, resolver: resolver, limits: limits, body)
}

func withGateway(
    policy: @escaping @Sendable () async throws -> EgressPolicy, resolver: any HostResolver = SystemResolver(),
    limits: EgressGateway.Limits = .init(), _ body: @Sendable (GatewayFixture) async throws -> Void
) async throws {
    let directory = try TemporaryDirectory()
    let fixture = GatewayFixture(socketPath: directory.path("egress.sock"), counters: EgressCounters())
    let gateway = EgressGateway(
        group: MultiThreadedEventLoopGroup.singleton, resolver: resolver, limits: limits, logger: quietLogger)
    let ready = Signal()
    try await withThrowingTaskGroup { group in
        group.addTask {
            try await gateway.serve(
                plant: "test", socketPath: fixture.socketPath, counters: fixture.counters, policy: policy,
                onReady: { ready.send() })
        }
        await ready.wait()
        try await body(fixture)
        group.cancelAll()
    }
}

/// Answers names from a table, and nothing for others.
struct NamedResolver: HostResolver {
    let table: [String: [String]]
    init(_ table: [String: [String]]) { self.table = table }
    func addresses(of name: String) async -> [InternetAddress] { (table[name] ?? []).map { InternetAddress($0)! } }
}

final class RulesBox: Sendable {
    private let rules: Mutex<EgressPolicy>
    init(_ rules: EgressPolicy) { self.rules = Mutex(rules) }
    var value: EgressPolicy {
        get { rules.withLock { $0 } }
        set { rules.withLock { $0 = newValue } }
    }
}

/// A directory with a short path, gone when the test is.
final class TemporaryDirectory: Sendable {
    struct Failed: Error {}
    private let root: String

    init() throws {
        var template = Array("/tmp/mw-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failed() }
        root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func path(_ name: String) -> String { root + "/" + name }

    func write(_ text: String, to name: String) throws -> String {
        guard let file = fopen(path(name), "w") else { throw Failed() }
        defer { fclose(file) }
        fputs(text, file)
        return path(name)
    }

    deinit {
        guard let directory = opendir(root) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { unlink(path(name)) }
        }
        closedir(directory)
        rmdir(root)
    }
}
