import Catalogue
import Connectors
import Foundation
import JSON
import Testing
import Workflow
import YAML

@Suite("The shipped templates")
struct ShippedTemplateTests {
    private static let project: String = {
        var path = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        path.removeLast(3)
        return path.joined(separator: "/")
    }()
    private static let root = project + "/Templates"

    @Test("the catalogue has the four templates")
    func all() {
        let names = TemplatePackage.readAll(in: Self.root).compactMap(\.package?.slug)
        #expect(names == ["maintenance-triage", "production-incident", "quality-containment", "rework-approval"])
    }

    @Test("each is clean, without a warning", arguments: TemplatePackage.readAll(in: root).map(\.folder))
    func lint(folder: String) throws {
        let (package, problems) = TemplatePackage.read(folder: folder)
        #expect(problems.map(\.description) == [])
        let report = TemplateLint.check(try #require(package))
        #expect(report.problems.map(\.description) == [])
    }

    @Test(
        "each passes its own tests, of which it has at least six",
        arguments: TemplatePackage.readAll(in: root).map(\.folder))
    func ownTests(folder: String) throws {
        let package = try #require(TemplatePackage.read(folder: folder).package)
        let definition = try #require(TemplateLint.check(package).definition)
        let outcomes = TemplateTest.run(package, definition)
        #expect(outcomes.count >= 6)
        #expect(outcomes.flatMap { outcome in outcome.problems.map(\.description) } == [])
    }

    @Test("the shipped connectors offer every operation that the templates call")
    func connectors() throws {
        let folder = URL(fileURLWithPath: Self.project + "/Connectors")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        var offered: Set<String> = []
        for file in files where file.pathExtension == "yaml" {
            let document = try YAMLDocument(parsing: Array(Data(contentsOf: file)))
            let decoded = ConnectorDecoder.decode(document.value)
            #expect(decoded.diagnostics.map(\.description) == [], "\(file.lastPathComponent)")
            offered.formUnion(decoded.description?.operations.keys.map { $0 } ?? [])
        }
        for template in TemplatePackage.readAll(in: Self.root) {
            let definition = try #require(template.package.flatMap { TemplateLint.check($0).definition })
            let called = definition.calledFunctions.compactMap(CapabilityTable.standard.operation(function:))
            for operation in called { #expect(offered.contains(operation.qualifiedName), "\(operation.qualifiedName)") }
        }
    }
}
