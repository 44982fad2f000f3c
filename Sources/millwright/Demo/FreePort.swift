import Glibc
import Primitives

/// Ports on the loopback address that are free now, and remembered so that addresses stay over a restart.
enum FreePort {
    /// The remembered port of a file when it is still free, else another one, which is then remembered.
    static func remembered(in path: String) throws -> Int {
        if let text = try? FileText.read(path), let port = Int(text.trimmed), isFree(port) { return port }
        let port = try any()
        try FileText.write("\(port)\n", to: path, mode: 0o644)
        return port
    }

    static func isFree(_ port: Int) -> Bool { (try? bound(to: port)) != nil }

    static func any() throws -> Int { try bound(to: 0) }

    private static func bound(to port: Int) throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Problem(.unavailable, "A socket cannot be made.") }
        defer { close(descriptor) }
        var reuse: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        guard status == 0 else { throw Problem(.conflict, "The port \(port) is in use.") }
        var length = size
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
        }
        return Int(in_port_t(bigEndian: address.sin_port))
    }
}
