import Glibc
import Primitives
import Subprocess
import SystemPackage

/// Finds the programs of the newest installed PostgreSQL: Debian keeps them in a directory of their own version.
struct PostgresPrograms: Sendable {
    static let oldestMajor = 15

    let directory: String
    let major: Int

    func path(_ program: String) -> FilePath { FilePath("\(directory)/\(program)") }

    static func find() throws -> PostgresPrograms {
        let root = "/usr/lib/postgresql"
        let versions = (try? DirectoryListing.names(in: root)) ?? []
        let found = versions.compactMap(Int.init).sorted(by: >).first {
            $0 >= oldestMajor && access("\(root)/\($0)/bin/initdb", X_OK) == 0
        }
        if let found { return PostgresPrograms(directory: "\(root)/\(found)/bin", major: found) }
        for directory in (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":")
        where access("\(directory)/initdb", X_OK) == 0 {
            return PostgresPrograms(directory: String(directory), major: oldestMajor)
        }
        throw Problem(
            .unavailable,
            "PostgreSQL \(oldestMajor) or newer is not installed here. On Debian: apt-get install postgresql")
    }
}

enum DirectoryListing {
    static func names(in path: String) throws -> [String] {
        guard let directory = opendir(path) else {
            throw Problem(.notFound, "The directory \(path) cannot be read.")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
