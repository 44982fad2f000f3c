package import NIOCore
import NIOPosix

/// Opens streams itself, under a policy that is asked at each connection. For the control plane, which may see the
/// network: the test of a connection.
package struct DirectDialer: EgressDialer {
    private let policy: @Sendable () -> EgressPolicy
    private let resolver: any HostResolver
    private let group: any EventLoopGroup

    package init(
        policy: @escaping @Sendable () -> EgressPolicy, resolver: any HostResolver = SystemResolver(),
        group: any EventLoopGroup
    ) {
        self.policy = policy
        self.resolver = resolver
        self.group = group
    }

    package func open(
        to host: HostName, port: Int, deadline: NIODeadline, configure: @escaping @Sendable (any Channel) throws -> Void
    ) async throws(EgressRefusal) -> any Channel {
        let bounded = BoundedResolver(resolver: resolver, loop: group.next(), deadline: deadline)
        let addresses: [InternetAddress]
        do {
            addresses = try await policy().admittedAddresses(of: host, port: port, resolver: bounded)
        } catch {
            guard error.reason == .unresolvable, deadline <= .now() else { throw error }
            throw EgressRefusal(.timedOut, host: host, port: port)
        }
        return try await CheckedConnect(host: host, port: port, addresses: addresses).connect(
            on: group.next(), deadline: deadline
        ) { channel in
            channel.eventLoop.makeCompletedFuture { try configure(channel) }
        }
    }
}

/// A resolver that is not waited for longer than the deadline: `getaddrinfo` has its own idea of patience.
private struct BoundedResolver: HostResolver {
    let resolver: any HostResolver
    let loop: any EventLoop
    let deadline: NIODeadline

    func addresses(of name: String) async -> [InternetAddress] {
        let found = loop.makePromise(of: [InternetAddress].self)
        let timer = loop.scheduleTask(deadline: deadline) { found.succeed([]) }
        // Not a child: a look-up cannot be cancelled, and nobody may wait for it. It ends with the system's own timeout,
        // and what it brings then is dropped.
        Task { [resolver] in found.succeed(await resolver.addresses(of: name)) }
        defer { timer.cancel() }
        return (try? await found.futureResult.get()) ?? []
    }
}

extension EgressPolicy {
    /// Asks the rules first, then the resolver: a name that is not listed is not even looked up.
    func admittedAddresses(
        of host: HostName, port: Int, resolver: any HostResolver
    ) async throws(EgressRefusal) -> [InternetAddress] {
        guard !rules(for: host, port: port).isEmpty else { throw EgressRefusal(.notListed, host: host, port: port) }
        let addresses: [InternetAddress] =
            switch host.kind {
            case .address(let address): [address]
            case .name: await resolver.addresses(of: host.text)
            }
        return try admit(addresses, of: host, port: port)
    }
}

/// Connects to addresses that were checked, and to nothing else: the name is not resolved a second time, so that an
/// answer that changes between check and use (DNS rebinding) cannot matter.
struct CheckedConnect: Sendable {
    /// A host with many addresses that all hang must not eat the whole deadline many times over.
    static let maximumAddresses = 4

    let host: HostName
    let port: Int
    let addresses: [InternetAddress]

    func connect(
        on loop: any EventLoop, deadline: NIODeadline,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) async throws(EgressRefusal) -> any Channel {
        for address in addresses.prefix(Self.maximumAddresses) {
            guard deadline > .now() else { break }
            let bootstrap = ClientBootstrap(group: loop)
                .connectTimeout(deadline - .now())
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer(initializer)
            do {
                let target = try SocketAddress(ipAddress: address.description, port: port)
                return try await bootstrap.connect(to: target).get()
            } catch {
                continue
            }
        }
        throw EgressRefusal(deadline > .now() ? .unreachable : .timedOut, host: host, port: port)
    }
}
