import Foundation

/// A folder that is removed with its last reference.
final class TemporaryFolder: Sendable {
    private let root: URL
    let path: String

    init(name: String) {
        root = FileManager.default.temporaryDirectory.appending(path: "mwt-\(UUID().uuidString)")
        let folder = root.appending(path: name)
        path = folder.path
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    func write(_ name: String, _ text: String) {
        let file = URL(fileURLWithPath: path).appending(path: name)
        try? FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        _ = FileManager.default.createFile(atPath: file.path, contents: Data(text.utf8))
    }
}
