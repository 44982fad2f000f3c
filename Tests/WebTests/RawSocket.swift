import Glibc

/// A connection on which a test says exactly what it wants.
final class RawSocket: Sendable {
    struct Failure: Error {
        let code: Int32
    }

    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(code: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure(code: errno) }
    }

    deinit { close(descriptor) }

    func send(_ text: String) throws {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(code: errno) }
            bytes = bytes.dropFirst(count)
        }
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Sends a byte whenever nothing came for a moment. Returns whether the other side hung up.
    func dripUntilEnd(atMostSeconds seconds: Double) -> Bool {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            switch next(milliseconds: 20) {
            case .bytes: continue
            case .end: return true
            case .nothing:
                guard (try? send("a")) != nil else { return true }
            }
        }
        return false
    }

    /// What came until the text did, or the connection ended.
    func read(until text: String) -> String {
        var all = ""
        while !all.contains(text) {
            guard case .bytes(let bytes) = next(milliseconds: 20_000) else { return all }
            all += String(decoding: bytes, as: UTF8.self)
        }
        return all
    }

    /// How many bytes came until the connection ended; `nil` when it did not.
    func readToEnd(atMostSeconds seconds: Double) -> Int? {
        let end = ContinuousClock.now + .seconds(seconds)
        var count = 0
        while ContinuousClock.now < end {
            switch next(milliseconds: 100) {
            case .bytes(let bytes): count += bytes.count
            case .end: return count
            case .nothing: continue
            }
        }
        return nil
    }

    func text(atMostSeconds seconds: Double) -> String {
        let end = ContinuousClock.now + .seconds(seconds)
        var all: [UInt8] = []
        while ContinuousClock.now < end {
            switch next(milliseconds: 100) {
            case .bytes(let bytes): all += bytes
            case .end: return String(decoding: all, as: UTF8.self)
            case .nothing: continue
            }
        }
        return String(decoding: all, as: UTF8.self)
    }

    private enum Event {
        case bytes([UInt8])
        case end
        case nothing
    }

    private func next(milliseconds: Int32) -> Event {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, milliseconds) > 0 else { return .nothing }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? .bytes(Array(buffer.prefix(count))) : .end
    }
}
