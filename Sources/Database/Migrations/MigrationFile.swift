import Glibc

/// One file of `Migrations/`.
package struct MigrationFile: Sendable, Hashable {
    package let number: Int
    /// The whole file name, `NNNN_verb_object.sql`.
    package let name: String
    let text: [UInt8]

    /// All of a folder, in order. Refuses a name that does not say its number, and a number used twice.
    static func load(directory: String) throws(DatabaseError) -> [MigrationFile] {
        guard let handle = opendir(directory) else {
            throw DatabaseError(.migration, "the folder \(directory) of migrations cannot be opened")
        }
        defer { closedir(handle) }
        var files: [MigrationFile] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasSuffix(".sql") else { continue }
            files.append(
                MigrationFile(number: try number(of: name), name: name, text: try read("\(directory)/\(name)")))
        }
        files.sort { $0.name < $1.name }
        for (file, next) in zip(files, files.dropFirst()) where file.number == next.number {
            throw DatabaseError(.migration, "\(file.name) and \(next.name) have the same number")
        }
        return files
    }

    private static func number(of name: String) throws(DatabaseError) -> Int {
        let parts = name.dropLast(4).split(separator: "_", omittingEmptySubsequences: false)
        let isWord = { (part: Substring) in
            !part.isEmpty && part.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
        }
        guard parts.count >= 3, parts[0].utf8.count == 4, let number = Int(parts[0]),
            parts.allSatisfy(isWord)
        else { throw DatabaseError(.migration, "\(name) is not named NNNN_verb_object.sql") }
        return number
    }

    private static func read(_ path: String) throws(DatabaseError) -> [UInt8] {
        guard let file = fopen(path, "rb") else { throw DatabaseError(.migration, "\(path) cannot be read") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return bytes
    }
}
