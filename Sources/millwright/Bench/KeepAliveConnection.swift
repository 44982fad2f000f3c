import Glibc
import Primitives

/// One keep-alive connection of the load generator: a blocking socket that costs next to nothing, so that what is
/// measured is the server and not the client. Used by one thread.
struct KeepAliveConnection: ~Copyable {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Problem(.unavailable, "A socket cannot be made.") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let target = descriptor
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(target, $0, size) }
        }
        guard status == 0 else {
            close(descriptor)
            throw Problem(.unavailable, "Nothing listens on port \(port).")
        }
        var isOn: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// - Returns: the status and the body of the answer.
    mutating func exchange(_ request: [UInt8]) throws -> (status: Int, body: [UInt8]) {
        try write(request)
        return try readAnswer()
    }

    private func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Problem(.unavailable, "The server closed the connection.") }
            sent += count
        }
    }

    private mutating func readAnswer() throws -> (status: Int, body: [UInt8]) {
        buffer.removeAll(keepingCapacity: true)
        var needed: Int?
        var bodyStart = 0
        var status = 0
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while needed == nil || buffer.count < needed! {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { throw Problem(.unavailable, "The server did not answer.") }
            buffer += chunk[..<count]
            if needed == nil, let end = Self.endOfHead(buffer) {
                let head = String(decoding: buffer[..<end], as: UTF8.self)
                status = head.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0) } ?? 0
                bodyStart = end
                needed = end + Self.contentLength(head)
            }
        }
        return (status, Array(buffer[bodyStart...]))
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 3..<bytes.count
        where bytes[index] == 10 && bytes[index - 1] == 13 && bytes[index - 2] == 10 && bytes[index - 3] == 13 {
            return index + 1
        }
        return nil
    }

    private static func contentLength(_ head: String) -> Int {
        for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix("content-length:") {
            return Int(String(line.dropFirst(15)).trimmed) ?? 0
        }
        return 0
    }
}
