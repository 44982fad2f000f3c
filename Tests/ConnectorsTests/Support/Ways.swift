import Connectors
import Glibc
import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// Rules that let a test reach its own peers on loopback, and nothing else.
func loopback(_ ports: Int...) -> EgressPolicy {
    EgressPolicy(
        rules: ports.map { .init(pattern: HostPattern("127.0.0.1")!, port: $0, allowsPrivate: true) }, within: .loopback
    )
}

func directDialer(_ policy: EgressPolicy, resolver: any HostResolver = SystemResolver()) -> DirectDialer {
    DirectDialer(policy: { policy }, resolver: resolver, group: MultiThreadedEventLoopGroup.singleton)
}

/// A resolver that says what it is told to, and another thing each time if it is told more than one.
final class ScriptedResolver: HostResolver {
    private let answers: Mutex<[[InternetAddress]]>
    private let asked = Mutex<[String]>([])

    var questions: [String] { asked.withLock { $0 } }

    init(_ answers: [String]...) {
        self.answers = Mutex(answers.map { $0.map { InternetAddress($0)! } })
    }

    func addresses(of name: String) async -> [InternetAddress] {
        asked.withLock { $0.append(name) }
        return answers.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? [] }
    }
}

/// Bounds that only a test which is stuck runs into, however busy the machine is.
let quick = CallLimits(timeoutSeconds: 30, connectTimeoutSeconds: 15, readTimeoutSeconds: 30)

/// A port of loopback that is taken and where nobody listens, so that connecting to it is refused while this lives.
final class ClosedPort: Sendable {
    let port: Int
    private let descriptor: Int32

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let any = try SocketAddress(ipAddress: "127.0.0.1", port: 0)
        let bound = any.withSockAddr { bind(descriptor, $0, socklen_t($1)) }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let named = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard bound == 0, named == 0 else { throw Subprocess.Failed(description: "no port") }
        self.descriptor = descriptor
        // Family, then the port in network order.
        port = withUnsafeBytes(of: &storage) { Int($0[2]) << 8 | Int($0[3]) }
    }

    deinit { close(descriptor) }
}
