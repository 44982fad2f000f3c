import JSON

#if canImport(Glibc)
    import Glibc
#endif

/// The public JSON Schema test suite, which is not part of this package. It is looked for under `MILLWRIGHT_SHARED`, or
/// beside the package in `shared`.
enum PublicSuite {
    struct Group {
        var file: String
        var description: String
        var schema: JSONValue
        var tests: [Case]
    }

    struct Case {
        var description: String
        var value: JSONValue
        var isValid: Bool
    }

    static let root = shared + "/conformance/json-schema"
    static let isRequired = environment("MILLWRIGHT_REQUIRE_SHARED") == "1"
    private static let isThere = Files.exists(root + "/tests/draft2020-12")

    /// Whether the tests that need the suite run. Says so in one line when they do not.
    static let isRun: Bool = {
        if !isThere, !isRequired { print("not run: JSON Schema public suite (\(root) not found)") }
        return isThere || isRequired
    }()

    private static var shared: String {
        if let given = environment("MILLWRIGHT_SHARED") { return given }
        let package = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        return "/" + package + "/../shared"
    }

    static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// The groups of all files directly in a folder of the dialect's tests.
    static func groups(in folder: String) throws -> [Group] {
        let path = root + "/tests/draft2020-12" + folder
        return try Files.names(in: path).filter { $0.hasSuffix(".json") }.flatMap { name in
            let document = try JSONValue(parsing: Files.read(path + "/" + name))
            return (document.arrayValue ?? []).map { group(file: folder + "/" + name, $0) }
        }
    }

    private static func group(file: String, _ value: JSONValue) -> Group {
        Group(
            file: String(file.dropFirst()), description: value["description"]?.stringValue ?? "",
            schema: value["schema"] ?? .null,
            tests: (value["tests"]?.arrayValue ?? []).map { test in
                Case(
                    description: test["description"]?.stringValue ?? "", value: test["data"] ?? .null,
                    isValid: test["valid"]?.boolValue ?? false)
            })
    }

    /// The documents that the suite serves at `http://localhost:1234/`.
    static func remotes() throws -> [String: JSONValue] {
        var documents: [String: JSONValue] = [:]
        var open = [""]
        while let folder = open.popLast() {
            for name in try Files.names(in: root + "/remotes" + folder) {
                let path = folder + "/" + name
                if name.hasSuffix(".json") {
                    documents["http://localhost:1234" + path] = try JSONValue(
                        parsing: Files.read(root + "/remotes" + path))
                } else if !name.contains(".") {
                    open.append(path)
                }
            }
        }
        return documents
    }
}

/// Reading of files by the C library.
enum Files {
    struct Unreadable: Error { var path: String }

    static func exists(_ path: String) -> Bool { access(path, R_OK) == 0 }

    static func names(in folder: String) throws -> [String] {
        guard let directory = opendir(folder) else { throw Unreadable(path: folder) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func read(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "rb") else { throw Unreadable(path: path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }
}
