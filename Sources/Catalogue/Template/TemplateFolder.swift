import Foundation
import YAML

/// The files of one template on disk. What does not belong there is a problem: a misspelt file would be ignored otherwise.
struct TemplateFolder {
    let path: String
    let slug: String
    private let problems: FileProblems

    /// More tests than this are a mistake, and reading them takes a while.
    static let maximumTests = 500

    init?(path: String, problems: FileProblems) {
        let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        self.path = trimmed
        self.problems = problems
        slug = String(trimmed.split(separator: "/").last ?? "")
        guard TemplateSlug.isValid(slug) else {
            problems.add(FileProblem(file: trimmed, at: nil, TemplateSlug.rule))
            return nil
        }
        guard let names = Self.names(in: trimmed) else {
            problems.add(FileProblem(file: trimmed, at: nil, "there is no such folder, or it cannot be read"))
            return nil
        }
        for name in names where !["template.yaml", "workflow.yaml", "tests", "README.md"].contains(name) {
            let message = "this file is not part of a template; known are template.yaml, workflow.yaml, tests/*.yaml"
            problems.add(FileProblem(file: "\(trimmed)/\(name)", at: nil, message))
        }
    }

    func file(_ name: String) -> YAMLFile? { read("\(path)/\(name)") }

    func tests() -> [YAMLFile] {
        guard let names = Self.names(in: "\(path)/tests"), !names.isEmpty else {
            problems.add(FileProblem(.warning, file: "\(path)/tests", at: nil, "the template has no tests"))
            return []
        }
        guard names.count <= Self.maximumTests else {
            problems.add(FileProblem(file: "\(path)/tests", at: nil, "there are more than \(Self.maximumTests) tests"))
            return []
        }
        return names.compactMap { name in
            guard name.hasSuffix(".yaml") else {
                problems.add(FileProblem(file: "\(path)/tests/\(name)", at: nil, "a test is a file *.yaml"))
                return nil
            }
            return read("\(path)/tests/\(name)")
        }
    }

    private func read(_ file: String) -> YAMLFile? {
        guard let bytes = FileManager.default.contents(atPath: file) else {
            problems.add(FileProblem(file: file, at: nil, "the file is missing or cannot be read"))
            return nil
        }
        return YAMLFile(name: file, bytes: Array(bytes), problems: problems)
    }

    /// The folders in a folder, sorted.
    static func folders(in root: String) -> [String] {
        (names(in: root) ?? []).map { "\(root)/\($0)" }.filter { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
        }
    }

    /// Without hidden files, sorted.
    private static func names(in path: String) -> [String]? {
        try? FileManager.default.contentsOfDirectory(atPath: path).filter { !$0.hasPrefix(".") }.sorted()
    }
}
