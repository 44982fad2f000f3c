import Glibc
import JSON
import NIOCore
import NIOPosix

/// A connection to a plant's process socket, byte by byte, as a runner has it.
final class ProcessCaller: Sendable {
    private let descriptor: Int32

    /// So that what other tests wait for does not keep an answer from being read.
    private static let threads: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 8)
        pool.start()
        return pool
    }()

    init(_ path: String) throws {
        var attempts = 50
        while true {
            do {
                descriptor = try Self.connected(to: path)
                break
            } catch  where errno == ECONNREFUSED && attempts > 0 {
                // The file is there a moment before somebody listens.
                attempts -= 1
                usleep(20_000)
            }
        }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    private static func connected(to path: String) throws -> Int32 {
        // Not for the programs that other tests start meanwhile: with them it would stay open.
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        let address = try SocketAddress(unixDomainSocketPath: path)
        guard address.withSockAddr({ connect(descriptor, $0, socklen_t($1)) }) == 0 else {
            let reason = errno
            Glibc.close(descriptor)
            errno = reason
            throw NeverHappened(description: "\(path) takes no connection: \(String(cString: strerror(reason)))")
        }
        return descriptor
    }

    func close() { Glibc.close(descriptor) }

    func send(_ bytes: [UInt8]) { _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

    /// Waits until the other side has taken it, or has gone; on a thread for that.
    func sendAll(_ bytes: [UInt8]) async {
        _ = try? await Self.threads.runIfActive { [descriptor] in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }

    func send(_ request: JSONValue) {
        let body = request.serializedBytes()
        send(withUnsafeBytes(of: UInt32(body.count).bigEndian) { Array($0) } + body)
    }

    /// The answer; `nil` when the connection is closed instead.
    func answer() async throws -> JSONValue? {
        let bytes = try await Self.threads.runIfActive { [descriptor] in
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 { bytes += buffer[..<count] }
            return bytes
        }
        return bytes.count < 4 ? nil : try JSONValue(parsing: Array(bytes[4...]))
    }

    static func ask(_ path: String, _ request: JSONValue) async throws -> JSONValue? {
        let caller = try ProcessCaller(path)
        defer { caller.close() }
        caller.send(request)
        return try await caller.answer()
    }

    static func shell(_ command: String, await isAwaited: Bool = true) -> JSONValue {
        [
            "function": "run:shell",
            "arguments": ["shell": ["command": .string(command)], "await": .bool(isAwaited), "return": "all"],
        ]
    }
}
