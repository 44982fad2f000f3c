import Glibc
import Primitives

/// One keep-alive connection of the load generator: a blocking socket that costs next to nothing, so that what is
/// measured is the server and not the client. Used by one thread.
struct KeepAliveConnection: ~Copyable {
    let descriptor: Int32
    private var reader = HTTPAnswerReader()

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
        try Self.write(request, to: descriptor)
        reader.start()
        try withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { buffer in
            while true {
                let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                guard count > 0 else { throw Problem(.unavailable, "The server did not answer.") }
                if reader.take(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { return }
            }
        }
        return (reader.status, Array(reader.body))
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                send(descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Problem(.unavailable, "The server closed the connection.") }
            sent += count
        }
    }
}
