import Logging
import NIOCore
import Synchronization

/// Decides for one plant whether a tunnel is opened, and to which address.
final class TunnelDoor: Sendable {
    let limits: EgressGateway.Limits
    let counters: EgressCounters
    private let plant: String
    private let policy: @Sendable () async throws -> EgressPolicy
    private let resolver: any HostResolver
    private let logger: Logger
    private let open = Mutex<[ObjectIdentifier: any Channel]>([:])

    init(
        plant: String, policy: @escaping @Sendable () async throws -> EgressPolicy, resolver: any HostResolver,
        limits: EgressGateway.Limits, counters: EgressCounters, logger: Logger
    ) {
        self.plant = plant
        self.policy = policy
        self.resolver = resolver
        self.limits = limits
        self.counters = counters
        self.logger = logger
    }

    /// Connects to where the request wants to go. The channel's reading is off until it is joined.
    func connect(
        to destination: String, on loop: any EventLoop
    ) async throws(EgressRefusal) -> any Channel {
        let host: HostName
        let port: Int
        do {
            (host, port) = try WebAddress.splitAuthority(destination[...], defaultPort: nil)
        } catch {
            throw EgressRefusal(.malformedRequest, destination: String(destination.prefix(300)))
        }
        let rules: EgressPolicy
        do {
            rules = try await policy()
        } catch {
            // Without the rules nothing is allowed.
            logger.error("the egress rules cannot be read", metadata: ["plant": "\(plant)", "reason": "\(error)"])
            throw EgressRefusal(.unreachable, host: host, port: port)
        }
        let addresses = try await rules.admittedAddresses(of: host, port: port, resolver: resolver)
        return try await CheckedConnect(host: host, port: port, addresses: addresses).connect(
            on: loop, deadline: .in(seconds: limits.connectTimeoutSeconds)
        ) { channel in
            channel.setOption(.autoRead, value: false).flatMap {
                channel.setOption(.allowRemoteHalfClosure, value: true)
            }
        }
    }

    func refused(_ refusal: EgressRefusal) {
        counters.refused(refusal.reason)
        logger.notice(
            "egress refused",
            metadata: [
                "plant": "\(plant)", "destination": "\(refusal.destination)", "reason": "\(refusal.reason.code)",
            ])
    }

    func entered(_ channel: any Channel) {
        open.withLock { $0[ObjectIdentifier(channel)] = channel }
        channel.closeFuture.whenComplete { [self] _ in
            _ = open.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }
        }
    }

    /// Ends what is still open, when the plant's gateway is closed.
    func closeAll() {
        for channel in open.withLock({ Array($0.values) }) { channel.close(promise: nil) }
    }
}
