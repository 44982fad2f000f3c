package import JSON
package import Primitives
package import YAML

extension TemplatePackage {
    /// Puts the documents together; every problem is added to `problems`, and `nil` means that there was an error.
    init?(
        slug: String, metadataFile: YAMLFile?, workflowFile: YAMLFile?, testFiles: [YAMLFile], problems: FileProblems
    ) {
        let metadata = metadataFile.flatMap { TemplateMetadata($0, problems: problems) }
        let tests = testFiles.compactMap { TemplateTestCase($0, problems: problems) }
        guard let metadata, let metadataFile, let workflowFile, tests.count == testFiles.count, !problems.hasErrors
        else { return nil }
        self.init(
            slug: slug, metadata: metadata, metadataFile: metadataFile, workflowFile: workflowFile,
            testFiles: testFiles, tests: tests)
    }

    /// From a folder `<slug>/` with `template.yaml`, `workflow.yaml` and `tests/*.yaml`. File names in problems begin
    /// with `path` as it was given.
    package static func read(folder path: String) -> (package: TemplatePackage?, problems: [FileProblem]) {
        let problems = FileProblems()
        guard let folder = TemplateFolder(path: path, problems: problems) else { return (nil, problems.all) }
        let package = TemplatePackage(
            slug: folder.slug, metadataFile: folder.file("template.yaml"), workflowFile: folder.workflow(),
            testFiles: folder.tests(), problems: problems)
        return (problems.hasErrors ? nil : package, problems.all)
    }

    /// From what the catalogue stored, or what somebody published through the API.
    package static func read(content: JSONValue) -> (package: TemplatePackage?, problems: [FileProblem]) {
        let problems = FileProblems()
        let whole = YAMLFile(name: "package", document: YAMLDocument(value: content))
        guard var fields = FieldReader(whole, problems: problems) else { return (nil, problems.all) }
        _ = fields.integer("format", in: 1...1, isRequired: true)
        let slug = fields.string("slug", isRequired: true)
        let template = fields.value("template", isRequired: true).map { part("template.yaml", $0) }
        let workflow = fields.value("workflow", isRequired: true).map { part("workflow.yaml", $0) }
        var tests: [YAMLFile] = []
        if var members = fields.object("tests") { tests = members.members().map { part($0.name, $0.value) } }
        fields.finish()
        if let slug, !TemplateSlug.isValid(slug) { fields.complain(about: "slug", TemplateSlug.rule) }
        guard !problems.hasErrors, let slug else { return (nil, problems.all) }
        let package = TemplatePackage(
            slug: slug, metadataFile: template, workflowFile: workflow, testFiles: tests, problems: problems)
        return (problems.hasErrors ? nil : package, problems.all)
    }

    private static func part(_ name: String, _ value: JSONValue) -> YAMLFile {
        YAMLFile(name: name, document: YAMLDocument(value: value))
    }
}

enum TemplateSlug {
    static let rule = "a template's name is lower-case letters, digits and single hyphens, 63 at most"

    static func isValid(_ text: String) -> Bool {
        guard (1...63).contains(text.utf8.count), let first = text.utf8.first, (0x61...0x7A).contains(first) else {
            return false
        }
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return parts.allSatisfy { part in
            !part.isEmpty && part.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
        }
    }
}

extension TemplatePackage {
    /// Every template of a folder of templates, by name.
    package static func readAll(
        in root: String
    ) -> [(folder: String, package: TemplatePackage?, problems: [FileProblem])] {
        TemplateFolder.folders(in: root).map { folder in
            let (package, problems) = read(folder: folder)
            return (folder, package, problems)
        }
    }
}

extension TemplatePackage {
    /// From what somebody published through the API.
    ///
    /// - Throws: `Problem(.invalidDefinition)` with every mistake in the documents; their places are `<document>:<line>:<column>`,
    ///   or the document alone.
    package init(content: JSONValue) throws(Problem) {
        let (package, problems) = Self.read(content: content)
        guard let package else {
            throw Problem(
                .invalidDefinition, "The template cannot be read.",
                items: problems.filter { $0.severity == .error }.map { problem in
                    Problem.Item(path: problem.file, message: problem.message)
                })
        }
        self = package
    }
}
