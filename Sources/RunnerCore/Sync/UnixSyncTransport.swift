import Connectors
import JSON
package import NIOCore
import NIOPosix
package import RunnerProtocol
import Synchronization

/// `POST /sync` over a Unix socket, on connections that stay open.
package final class UnixSyncTransport: SyncTransport {
    private let socketPath: String
    private let loop: any EventLoop
    private let limits: RunnerLimits
    private let idle = Mutex<[HTTPConnection]>([])

    package init(socketPath: String, loop: any EventLoop, limits: RunnerLimits) {
        self.socketPath = socketPath
        self.loop = loop
        self.limits = limits
    }

    package func sync(_ request: SyncRequest) async -> SyncOutcome {
        guard let body = request.encoded(upTo: limits.messageBytes) else { return .tooLarge }
        let connection: HTTPConnection
        do {
            connection = try await takeConnection()
        } catch {
            return .lost("nobody listens on \(socketPath)")
        }
        do {
            let waitSeconds = Double(request.waitMilliseconds) / 1000 + limits.answerSeconds
            let bounds = CallLimits(
                timeoutSeconds: waitSeconds, readTimeoutSeconds: waitSeconds,
                maximumResponseBytes: MessageLimits.maximumBytes)
            let outbound = OutboundRequest(
                method: "POST", address: Self.address, headers: [("Content-Type", "application/json")],
                body: body)
            let (response, isReusable) = try await connection.send(
                outbound, limits: bounds, deadline: .in(seconds: waitSeconds))
            if isReusable { idle.withLock { $0.append(connection) } } else { connection.close() }
            return Self.outcome(of: response)
        } catch {
            connection.close()
            return .lost(error.description)
        }
    }

    /// The newest idle connection that is still open, or a new one.
    private func takeConnection() async throws -> HTTPConnection {
        while let connection = idle.withLock({ $0.popLast() }) {
            if connection.isActive { return connection }
        }
        let channel = try await ClientBootstrap(group: loop)
            .connectTimeout(.seconds(5))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try HTTPConnection.configure(channel, maximumHeaderBytes: 16 << 10)
                }
            }
            .connect(unixDomainSocketPath: socketPath).get()
        return HTTPConnection(channel: channel)
    }

    private static func outcome(of response: OutboundResponse) -> SyncOutcome {
        switch response.status {
        case 200:
            do {
                return .answered(try SyncResponse(decoding: response.body))
            } catch {
                return .lost("the answer cannot be read: \(error)")
            }
        case 409 where code(of: response) == "stale-epoch": return .staleEpoch
        // Overload and failure pass; only these say that the request itself is wrong.
        case 400, 413, 415, 422: return .rejected(status: response.status, reason: detail(of: response))
        default: return .lost("status \(response.status): \(detail(of: response))")
        }
    }

    private static func code(of response: OutboundResponse) -> String? {
        let problem = try? JSONValue(parsing: response.body)
        let code = problem?["code"]?.stringValue
        return code ?? problem?["type"]?.stringValue?.split(separator: "/").last.map(String.init)
    }

    private static func detail(of response: OutboundResponse) -> String {
        let problem = try? JSONValue(parsing: response.body)
        return String((problem?["detail"]?.stringValue ?? "no reason given").prefix(500))
    }

    private static let address: WebAddress = {
        do {
            return try WebAddress("http://control-plane/sync")
        } catch {
            preconditionFailure("the address of sync is malformed: \(error)")
        }
    }()
}
