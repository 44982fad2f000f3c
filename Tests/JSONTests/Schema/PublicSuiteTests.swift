import JSON
import Testing

@Suite("JSON Schema public suite", .enabled(if: PublicSuite.isRun))
struct PublicSuiteTests {
    /// Optional cases that do not pass, by file and group, with the reason. Each must really fail, so that the table
    /// cannot outlive its reasons.
    static let exceptions: [String: String] = [
        "optional/cross-draft.json: refs to historic drafts are processed as historic drafts":
            "schemas of older drafts are refused with a diagnostic, because to read them as 2020-12 would be wrong"
    ]

    @Test("every required case passes")
    func required() throws {
        let remotes = try PublicSuite.remotes()
        var passed = 0
        for group in try PublicSuite.groups(in: "") {
            let failures = failures(of: group, remotes, formatAssertion: false)
            passed += group.tests.count - failures.count
            for failure in failures { Issue.record("\(group.file): \(group.description): \(failure)") }
        }
        print("JSON Schema 2020-12, required: \(passed) passed, 0 listed exceptions")
        #expect(passed > 1000, "the suite is incomplete")
    }

    @Test("every optional case passes or is listed with its reason")
    func optional() throws {
        let remotes = try PublicSuite.remotes()
        var passed = 0
        var listed = 0
        var unused = Set(Self.exceptions.keys)
        var states: [String: (passed: Int, total: Int)] = [:]
        for folder in ["/optional", "/optional/format"] {
            for group in try PublicSuite.groups(in: folder) {
                let failures = failures(of: group, remotes, formatAssertion: folder == "/optional/format")
                passed += group.tests.count - failures.count
                states[group.file, default: (0, 0)].passed += group.tests.count - failures.count
                states[group.file, default: (0, 0)].total += group.tests.count
                let name = "\(group.file): \(group.description)"
                if failures.isEmpty { continue }
                if Self.exceptions[name] != nil {
                    listed += failures.count
                    unused.remove(name)
                    continue
                }
                for failure in failures { Issue.record("\(name): \(failure)") }
            }
        }
        for name in unused { Issue.record("“\(name)” passes, or is gone: remove it from the exceptions") }
        let rows = try Set(Self.documentedRows())
        for (file, state) in states {
            let row = "| `\(file)` | \(state.passed) of \(state.total) |"
            #expect(rows.contains(row), "Docs/LANGUAGE-CHECKS.md must say: \(row)")
        }
        print("JSON Schema 2020-12, optional: \(passed) passed, \(listed) listed exceptions")
    }

    /// The rows of the table of optional cases.
    private static func documentedRows() throws -> [String] {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let text = String(decoding: try Files.read("/" + root + "/Docs/LANGUAGE-CHECKS.md"), as: UTF8.self)
        return text.split(separator: "\n").filter { $0.hasPrefix("| `optional/") }.map(String.init)
    }

    private func failures(
        of group: PublicSuite.Group, _ remotes: [String: JSONValue], formatAssertion: Bool
    ) -> [String] {
        let schema: JSONSchema
        do {
            schema = try JSONSchema(group.schema, resources: remotes, formatAssertion: formatAssertion)
        } catch {
            return group.tests.map { "\($0.description): \(error)" }
        }
        return group.tests.compactMap { test in
            let violations = schema.validate(test.value)
            if violations.isEmpty == test.isValid { return nil }
            return "\(test.description): \(violations.map(\.description))"
        }
    }
}
