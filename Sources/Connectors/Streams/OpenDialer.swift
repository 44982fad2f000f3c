package import NIOCore
import NIOPosix

/// Opens streams to wherever it is asked to, as the user who runs it could. For a laptop, where no tenant's rules apply;
/// nothing that serves tenants may use it.
package struct OpenDialer: EgressDialer {
    /// Connections for one host and port that go elsewhere, as with `curl --connect-to`.
    package struct Detour: Sendable, Hashable {
        package var host: HostName
        package var port: Int
        package var toHost: String
        package var toPort: Int

        /// `HOST:PORT:TO-HOST:TO-PORT`
        package init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 4, let host = HostName(parts[0]), let port = Int(parts[1]),
                HostName(parts[2]) != nil, let toPort = Int(parts[3]), (1...65535).contains(toPort)
            else { return nil }
            self.host = host
            self.port = port
            toHost = String(parts[2])
            self.toPort = toPort
        }
    }

    private let detours: [Detour]
    private let group: any EventLoopGroup

    package init(detours: [Detour] = [], group: any EventLoopGroup) {
        self.detours = detours
        self.group = group
    }

    package func open(
        to host: HostName, port: Int, deadline: NIODeadline, configure: @escaping @Sendable (any Channel) throws -> Void
    ) async throws(EgressRefusal) -> any Channel {
        let detour = detours.first { $0.host == host && $0.port == port }
        do {
            return try await ClientBootstrap(group: group)
                .connectTimeout(deadline - .now())
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try configure(channel) } }
                .connect(host: detour?.toHost ?? host.text, port: detour?.toPort ?? port).get()
        } catch {
            throw EgressRefusal(deadline > .now() ? .unreachable : .timedOut, host: host, port: port)
        }
    }
}
