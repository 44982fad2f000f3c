import Glibc
import Primitives

/// Small text files: read whole, written whole and in one step.
enum FileText {
    static func read(_ path: String) throws -> String {
        guard let file = fopen(path, "r") else {
            throw Problem(.notFound, "\(path) cannot be read: \(String(cString: strerror(errno))).")
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Written beside the old file and renamed over it: a reader sees the old or the new text, never half of one.
    static func write(_ text: String, to path: String, mode: mode_t, owner: Account? = nil) throws {
        let temporary = path + ".new"
        unlink(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode)
        guard file >= 0 else {
            throw Problem(.unavailable, "\(path) cannot be written: \(String(cString: strerror(errno))).")
        }
        defer { close(file) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Problem(.unavailable, "\(path) cannot be written whole.") }
            bytes = bytes.dropFirst(count)
        }
        if let owner { fchown(file, owner.userID, owner.groupID) }
        fsync(file)
        guard rename(temporary, path) == 0 else { throw Problem(.unavailable, "\(path) cannot be replaced.") }
    }

    static func remove(_ path: String) { unlink(path) }
}
