import Catalogue
import JSON
import Testing
import YAML

@Suite("Reading a template")
struct TemplateReadingTests {
    private func problems(_ problems: [FileProblem]) -> [String] {
        problems.map { problem in
            var problem = problem
            problem.file = String(problem.file.split(separator: "/").last ?? "")
            return problem.description
        }
    }

    @Test("a folder that does not exist is one problem")
    func missingFolder() {
        let (package, found) = TemplatePackage.read(folder: "/nonexistent/some-template")
        #expect(package == nil)
        #expect(
            found.map(\.description) == [
                "/nonexistent/some-template: error: there is no such folder, or it cannot be read"
            ])
    }

    @Test("missing files, a file that does not belong there and a wrong name are all named")
    func missingFiles() {
        let folder = TemporaryFolder(name: "sample")
        folder.write("worklow.yaml", "a: 1")
        let (package, found) = TemplatePackage.read(folder: folder.path)
        #expect(package == nil)
        #expect(
            problems(found) == [
                "worklow.yaml: error: this file is not part of a template; known are template.yaml, workflow.yaml, tests/*.yaml, resources/*",
                "template.yaml: error: the file is missing or cannot be read",
                "workflow.yaml: error: the file is missing or cannot be read",
                "tests: warning: the template has no tests",
            ])
        #expect(TemplatePackage.read(folder: TemporaryFolder(name: "Bad_Name").path).package == nil)
    }

    @Test("every mistake in template.yaml is named with line and column, unknown fields too")
    func metadataMistakes() {
        let text = """
            name: 12
            version: '1.0'
            sumary: typo
            capabilities: work-orders
            eventTypes:
              com.example.reported: { summary: x, shema: {} }
            sla:
              ack: { summary: x, parameter: y, unit: weeks }
            """
        let (package, found) = SampleTemplate.read(metadata: text)
        #expect(package == nil)
        #expect(
            problems(found) == [
                "template.yaml:1:1: error: “name” must be text; put a number or a word like true in quotes",
                "template.yaml:1:1: error: the field “summary” is missing",
                "template.yaml:2:1: error: “version” must be three numbers with dots, like 1.0.0",
                "template.yaml:4:1: error: “capabilities” must be a list",
                "template.yaml:6:3: error: the field “schema” is missing",
                "template.yaml:6:39: error: there is no field “shema” here; known are schema, summary",
                "template.yaml:1:1: error: the field “parameters” is missing",
                "template.yaml:8:36: error: “unit” must be one of seconds, minutes, hours, days",
                "template.yaml:3:1: error: there is no field “sumary” here; known are capabilities, description, emits, "
                    + "eventTypes, name, parameters, roles, sla, summary, version",
            ])
    }

    @Test("broken YAML in one file does not hide the mistakes of another")
    func severalFiles() {
        let (package, found) = SampleTemplate.read(workflow: "do: [", test: "name: x\ngiven: {}\nexpect: {}\n")
        #expect(package == nil)
        let texts = problems(found)
        #expect(texts.contains { $0.hasPrefix("workflow.yaml:2:1: error: did not find expected node content") })
        #expect(texts.contains("opens.yaml:2:1: error: give either “event” or “input”: what the run starts with"))
        #expect(texts.contains("opens.yaml:3:1: error: the field “status” is missing"))
    }

    @Test("the digest does not depend on the order of keys, comments or the folder's place, but on everything else")
    func digest() throws {
        let first = try #require(SampleTemplate.read().package)
        let reordered =
            SampleTemplate.metadata.split(separator: "\n").filter { !$0.hasPrefix("summary") }
            .joined(separator: "\n") + "\n# moved\nsummary: Opens a ticket for each report.\n"
        let second = try #require(SampleTemplate.read(metadata: reordered).package)
        let third = try #require(
            SampleTemplate.read(metadata: SampleTemplate.metadata + "\ndescription: more\n").package)
        #expect(first.digest == second.digest)
        #expect(first.digest != third.digest)
        #expect(first.digest.count == 64)
    }

    @Test("what was stored is read back as the same template")
    func content() throws {
        let package = try #require(SampleTemplate.read().package)
        let stored = try JSONValue(parsing: package.content.serialized())
        let read = TemplatePackage.read(content: stored)
        #expect(read.problems.isEmpty)
        #expect(read.package?.digest == package.digest)
        #expect(read.package?.tests.count == 1)
    }

    @Test(
        "a version is three plain numbers",
        arguments: ["1", "1.0", "1.0.0.0", "01.0.0", "1.0.0-rc1", "1.0.x", "1..0", "-1.0.0", "1.0.1000000", "１.0.0"])
    func wrongVersions(text: String) { #expect(VersionNumber(text) == nil) }

    @Test("versions are ordered by number, not by text")
    func versionOrder() throws {
        let older = try #require(VersionNumber("1.9.0"))
        let newer = try #require(VersionNumber("1.10.0"))
        #expect(older < newer)
    }
}
