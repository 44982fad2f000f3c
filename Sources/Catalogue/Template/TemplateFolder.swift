import Foundation
import JSON
import Workflow
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
        let known = ["template.yaml", "workflow.yaml", "tests", "resources", "README.md"]
        for name in names where !known.contains(name) {
            let message =
                "this file is not part of a template; known are template.yaml, workflow.yaml, tests/*.yaml, resources/*"
            problems.add(FileProblem(file: "\(trimmed)/\(name)", at: nil, message))
        }
    }

    func file(_ name: String) -> YAMLFile? { read("\(path)/\(name)") }

    /// `workflow.yaml` with the files of `resources/` that it refers to put in their places.
    func workflow() -> YAMLFile? {
        guard let file = file("workflow.yaml") else { return nil }
        var decoder = BundlingDecoder(file.value)
        var used: Set<String> = []
        while case let missing = decoder.takeMissing(), !missing.isEmpty {
            var found: [String: JSONValue] = [:]
            for use in missing {
                guard let name = resourceName(use.uri) else { continue }
                used.insert(name)
                found[use.uri] = resource(name, use.kind)
            }
            decoder.add(found)
        }
        for name in Self.names(in: "\(path)/resources") ?? [] where !used.contains(name) {
            let message = "workflow.yaml does not refer to this file; remove it, or name it as resources/\(name)"
            problems.add(FileProblem(.warning, file: "\(path)/resources/\(name)", at: nil, message))
        }
        return YAMLFile(name: file.name, document: file.document.replacing(value: decoder.finish().document))
    }

    /// The file that an endpoint `resources/NAME` means. Nothing outside of the folder is ever read.
    private func resourceName(_ uri: String) -> String? {
        guard uri.hasPrefix("resources/") else { return nil }
        let name = String(uri.dropFirst("resources/".count))
        return name.isEmpty || name.hasPrefix(".") || name.contains("/") ? nil : name
    }

    private func resource(_ name: String, _ kind: ResourceUse.Kind) -> JSONValue? {
        let file = "\(path)/resources/\(name)"
        if kind == .script {
            guard let bytes = FileManager.default.contents(atPath: file), bytes.count <= Self.maximumScriptBytes else {
                return nil
            }
            return String(validating: bytes, as: UTF8.self).map { .string($0) }
        }
        return read(file)?.value
    }

    private static let maximumScriptBytes = 256 << 10

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
