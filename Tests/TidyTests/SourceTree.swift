import Foundation

/// The project's own files, read once for all tidy tests.
struct SourceTree {
    struct File {
        /// Relative to the project's root.
        var path: String
        var text: String
        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
        var folders: [Substring] { path.split(separator: "/") }
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let swiftFiles = files(below: ["Sources", "Tests"], ending: ".swift")
    static let migrations = files(below: ["Migrations"], ending: ".sql")
    static let documents =
        files(below: ["Docs"], ending: ".md") + files(below: ["Sources"], ending: ".md") + [file("README.md")]

    static func file(_ path: String) -> File {
        let text = (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
        return File(path: path, text: text)
    }

    static func files(below folders: [String], ending: String) -> [File] {
        folders.flatMap { folder -> [File] in
            let base = root.appending(path: folder)
            guard let walk = FileManager.default.enumerator(atPath: base.path) else { return [] }
            return walk.compactMap { $0 as? String }.filter { $0.hasSuffix(ending) }.sorted()
                .map { file(folder + "/" + $0) }
        }
    }
}
