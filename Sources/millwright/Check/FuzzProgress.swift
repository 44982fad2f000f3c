import Glibc
import Primitives

/// What a worker has done so far, in a file that the supervisor sees through the same memory: when the worker dies, it
/// still says at which input.
final class FuzzProgress {
    private enum Field: Int { case position, accepted, refused }

    private let path: String
    private let memory: UnsafeMutablePointer<UInt64>
    private static let size = 64

    /// - Parameter create: the supervisor makes the file, the worker opens it.
    init(path: String, create: Bool) throws(Problem) {
        self.path = path
        let file = open(path, create ? O_RDWR | O_CREAT | O_EXCL : O_RDWR, 0o600)
        guard file >= 0 else {
            throw Problem(.unavailable, "\(path) cannot be opened: \(String(cString: strerror(errno))).")
        }
        defer { close(file) }
        if create { ftruncate(file, Self.size) }
        let mapped = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
        guard let mapped, mapped != MAP_FAILED else { throw Problem(.unavailable, "\(path) cannot be mapped.") }
        memory = mapped.bindMemory(to: UInt64.self, capacity: Self.size / 8)
    }

    deinit { munmap(memory, Self.size) }

    /// The supervisor's last act.
    func remove() { unlink(path) }

    var position: UInt64 {
        get { memory[Field.position.rawValue] }
        set { memory[Field.position.rawValue] = newValue }
    }

    var accepted: UInt64 { memory[Field.accepted.rawValue] }
    var refused: UInt64 { memory[Field.refused.rawValue] }

    func count(isAccepted: Bool) { memory[(isAccepted ? Field.accepted : .refused).rawValue] &+= 1 }
}
