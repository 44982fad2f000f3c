import Glibc
import Primitives
import SystemPackage

/// Whole binary files.
enum FileBytes {
    /// For documents that a person wrote.
    static let documentLimit = 16 << 20

    /// - Parameter limit: a file that is longer is refused, and not read to its end.
    static func read(_ path: String, limit: Int = .max) throws -> [UInt8] {
        do {
            let file = try FileDescriptor.open(FilePath(path), .readOnly)
            return try file.closeAfter {
                var bytes: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 1 << 20)
                while case let count = try buffer.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
                    bytes += buffer[..<count]
                    if bytes.count > limit {
                        throw Problem(.payloadTooLarge, "it has more than \(limit) bytes")
                    }
                }
                return bytes
            }
        } catch let problem as Problem {
            throw Problem(problem.code, "\(path) cannot be read: \(problem.detail).")
        } catch {
            throw Problem(.notFound, "\(path) cannot be read: \(error).")
        }
    }

    /// Written beside and renamed over: a program that runs keeps its old file.
    static func write(_ bytes: [UInt8], to path: String, mode: UInt16) throws {
        // Two processes may write the same file: each writes beside it under a name of its own.
        let temporary = "\(path).\(getpid()).new"
        unlink(temporary)
        let permissions = FilePermissions(rawValue: CModeT(mode))
        let file = try FileDescriptor.open(
            FilePath(temporary), .writeOnly, options: [.create, .exclusiveCreate], permissions: permissions)
        _ = try file.closeAfter { try file.writeAll(bytes) }
        chmod(temporary, mode_t(mode))
        guard rename(temporary, path) == 0 else { throw Problem(.unavailable, "\(path) cannot be replaced.") }
    }
}
