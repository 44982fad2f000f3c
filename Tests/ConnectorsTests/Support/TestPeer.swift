import Connectors
import NIOCore
import NIOPosix
import Synchronization

/// A server on loopback that does with its connections what a test says, byte by byte.
final class TestPeer: Sendable {
    /// One connection, as the test's script sees it.
    final class Caller {
        private var bytes: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        private let channel: any Channel

        init(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ channel: any Channel) {
            bytes = inbound.makeAsyncIterator()
            self.channel = channel
        }

        /// The next bytes; `nil` when the other side has finished.
        func read() async throws -> ByteBuffer? { try await bytes.next(isolation: #isolation) }

        func readToEnd() async throws { while try await read() != nil {} }

        func write(_ text: String) async throws { try await write(ByteBuffer(string: text)) }

        /// Returns when the bytes are with the system: a peer that floods must not pile them up in this process.
        func write(_ bytes: ByteBuffer) async throws { try await channel.writeAndFlush(bytes).get() }
    }

    /// Kept to the end of the tests: NIO ends the process when one is released that nobody took, as happens to a
    /// connection that comes while its peer stops.
    private static let accepted = Mutex<[NIOAsyncChannel<ByteBuffer, ByteBuffer>]>([])

    let port: Int
    private let channel: any Channel
    private let serving: Task<Void, any Error>
    private let state = Mutex((connections: 0, received: [UInt8]()))

    var connections: Int { state.withLock { $0.connections } }
    /// Everything that all callers sent.
    var received: String { state.withLock { String(decoding: $0.received, as: UTF8.self) } }

    init(_ serve: @escaping @Sendable (Caller, TestPeer) async throws -> Void) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let accepted = try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true))
                    Self.accepted.withLock { $0.append(accepted) }
                    return accepted
                }
            }
        channel = server.channel
        port = server.channel.localAddress?.port ?? 0
        let box = Box()
        // Ends when `stop` closes the listening channel.
        serving = Task {
            try await server.executeThenClose { connections in
                try await withThrowingDiscardingTaskGroup { group in
                    for try await connection in connections {
                        guard let peer = box.peer.withLock({ $0 }) else { continue }
                        peer.state.withLock { $0.connections += 1 }
                        group.addTask {
                            try? await connection.executeThenClose { inbound, _ in
                                try await serve(Caller(inbound, connection.channel), peer)
                            }
                        }
                    }
                    // Clients keep their connections open for later.
                    group.cancelAll()
                }
            }
        }
        box.peer.withLock { $0 = self }
    }

    private final class Box: Sendable {
        let peer = Mutex<TestPeer?>(nil)
    }

    func stop() async {
        // What was accepted is still taken.
        channel.close(promise: nil)
        _ = try? await serving.value
    }

    func note(_ bytes: ByteBuffer) { state.withLock { $0.received += Array(bytes.readableBytesView) } }

    var base: String { "http://127.0.0.1:\(port)" }
}

/// One HTTP request as it came.
struct SeenRequest: Sendable {
    var method: String
    var target: String
    var headers: [(name: String, value: String)]
    var body: String

    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }
}

/// An HTTP server that answers each request with raw text; it reads requests properly, because what a client sends is
/// under test as well.
final class HTTPPeer: Sendable {
    let peer: TestPeer
    private let seen: SeenRequests

    var requests: [SeenRequest] { seen.all }
    var base: String { peer.base }

    /// - Parameter answer: the raw answer to a request with its number from 0; `nil` ends the connection.
    init(_ answer: @escaping @Sendable (SeenRequest, Int) async -> String?) async throws {
        let seen = SeenRequests()
        peer = try await TestPeer { caller, peer in
            var buffer: [UInt8] = []
            while let bytes = try await caller.read() {
                peer.note(bytes)
                buffer += Array(bytes.readableBytesView)
                while let (request, length) = Self.parse(buffer) {
                    buffer.removeFirst(length)
                    let number = seen.add(request)
                    guard let answer = await answer(request, number) else { return }
                    try await caller.write(answer)
                    if answer.contains("Connection: close") { return }
                }
            }
        }
        self.seen = seen
    }

    func stop() async { await peer.stop() }

    private final class SeenRequests: Sendable {
        private let requests = Mutex<[SeenRequest]>([])
        var all: [SeenRequest] { requests.withLock { $0 } }
        func add(_ request: SeenRequest) -> Int {
            requests.withLock { requests in
                requests.append(request)
                return requests.count - 1
            }
        }
    }

    private static func parse(_ bytes: [UInt8]) -> (SeenRequest, Int)? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedByLine: "\r\n")
        let words = lines[0].split(separator: " ").map(String.init)
        let headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (name: String(parts[0]), value: parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
        }
        var request = SeenRequest(method: words[0], target: words[1], headers: headers, body: "")
        let length = Int(request.header("content-length") ?? "0") ?? 0
        guard bytes.count >= end.upperBound + length else { return nil }
        request.body = String(decoding: bytes[end.upperBound..<end.upperBound + length], as: UTF8.self)
        return (request, end.upperBound + length)
    }
}

extension String {
    fileprivate func components(separatedByLine separator: Character) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}

/// A raw answer with its length.
func answer(_ status: Int, _ body: String, _ headers: String = "Content-Type: application/json\r\n") -> String {
    "HTTP/1.1 \(status) Answer\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}
