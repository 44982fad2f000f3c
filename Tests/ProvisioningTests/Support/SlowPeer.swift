import Foundation
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// An HTTP server on loopback that answers one request when the test says so.
final class SlowPeer: Sendable {
    let port: Int
    private let listener: any Channel
    private let calls: AsyncStream<any Channel>
    private let held = Mutex<(any Channel)?>(nil)

    init() throws {
        let (calls, call) = AsyncStream<any Channel>.makeStream()
        self.calls = calls
        listener = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.pipeline.addHandler(Ear { call.yield($0) })
            }
            .bind(host: "127.0.0.1", port: 0).wait()
        port = listener.localAddress?.port ?? 0
    }

    deinit { listener.close(promise: nil) }

    /// Waits for the request.
    func called() async {
        for await channel in calls {
            held.withLock { $0 = channel }
            return
        }
    }

    func answer() {
        guard let channel = held.withLock({ $0 }) else { return }
        let text = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
    }

    private final class Ear: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let heard: @Sendable (any Channel) -> Void

        init(_ heard: @escaping @Sendable (any Channel) -> Void) { self.heard = heard }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { heard(context.channel) }
    }
}

/// A connection to a Unix socket, byte by byte.
final class UnixCaller: Sendable {
    private let descriptor: Int32

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let address = try SocketAddress(unixDomainSocketPath: path)
        let connected = address.withSockAddr { connect(descriptor, $0, socklen_t($1)) }
        guard connected == 0 else {
            Glibc.close(descriptor)
            throw NeverHappened(description: "\(path) takes no connection: \(String(cString: strerror(errno)))")
        }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    func close() { Glibc.close(descriptor) }

    /// Whether the other side has ended the connection.
    var isSentAway: Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT))
        // With something unread on the other side it is a reset.
        return count == 0 || (count < 0 && errno == ECONNRESET)
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// What came until the other side ended the connection, or until it is enough. It blocks, on a thread for that.
    func read(until isEnough: @escaping @Sendable (String) -> Bool = { _ in false }) async throws -> String {
        try await NIOThreadPool.singleton.runIfActive { [descriptor] in
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 14)
            while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 {
                bytes += buffer[..<count]
                if isEnough(String(decoding: bytes, as: UTF8.self)) { break }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
