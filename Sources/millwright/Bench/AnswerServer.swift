import Glibc
import Primitives
import Synchronization

/// The other system of a bench: answers every request on loopback with the same few bytes, on one thread, with next to
/// nothing of its own, so that what is measured is the way there.
final class AnswerServer: Sendable {
    /// Listens before it is told, so that the first call finds it.
    let port: Int
    private let listener: Int32
    private let isOver = Atomic<Bool>(false)

    init() throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 128) == 0
                    && getsockname(descriptor, $0, &size) == 0
            }
        }
        port = Int(in_port_t(bigEndian: address.sin_port))
        guard isBound else { throw Problem(.unavailable, "The bench's answering server cannot listen.") }
    }

    deinit { close(listener) }

    func stop() { isOver.store(true, ordering: .releasing) }

    /// Until `stop`.
    func run() throws {
        var watched = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
        defer { for entry in watched.dropFirst() { close(entry.fd) } }
        while !isOver.load(ordering: .acquiring) {
            guard poll(&watched, nfds_t(watched.count), 200) > 0 else { continue }
            for place in watched.indices.reversed() where place > 0 && watched[place].revents != 0 {
                if Self.answer(watched[place].fd) { continue }
                close(watched[place].fd)
                watched.remove(at: place)
            }
            if watched[0].revents != 0 { accept(into: &watched) }
        }
    }

    private func accept(into watched: inout [pollfd]) {
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else { return }
        var isOn: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
        watched.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
    }

    private static let bytes = Array(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"ok\":true}".utf8)

    /// One request is one read: they are small and come over loopback. False when the connection has ended.
    private static func answer(_ descriptor: Int32) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 1 << 14, alignment: 16) { buffer in
            guard recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT)) > 0 else { return false }
            return (try? KeepAliveConnection.write(bytes, to: descriptor)) != nil
        }
    }
}
