import Foundation
import JQ
import JSON
import Testing

/// Why a case of the public suite is not expected to pass. At most 3 % of all cases may stand here.
private let exceptions: [(program: String, reason: String)] = {
    let modules = "modules reach outside: a program stands alone"
    return [
        ("import \"a\" as foo; import \"b\" as bar; def fooa: foo::a; [fooa, bar::a, bar::b, foo::a]", modules),
        ("import \"c\" as foo; [foo::a, foo::c]", modules),
        ("include \"c\"; [a, c]", modules),
        (
            "import \"data\" as $e; import \"data\" as $d; [$d[].this,$e[].that,$d::d[].this,$e::e[].that]|join(\";\")",
            modules
        ),
        ("import \"data\" as $a; import \"data\" as $b; def f: {$a, $b}; f", modules),
        ("include \"shadow1\"; e", modules),
        ("include \"shadow1\"; include \"shadow2\"; e", modules),
        ("import \"shadow1\" as f; import \"shadow2\" as f; import \"shadow1\" as e; [e::e, f::e]", modules),
        ("import \"test_bind_order\" as check; check::check", modules),
        ("modulemeta", modules),
        ("modulemeta | .deps | length", modules),
        ("modulemeta | .defs | length", modules),
        ("try input catch .", "input reads further documents: a program sees the one that it was given"),
        ("debug", "debug writes to the terminal: a program gives nothing but its results"),
        ("$ENV.PAGER", "the environment of the process is not for programs"),
        ("env.PAGER", "the environment of the process is not for programs"),
    ]
}()

@Suite("The public jq suite")
struct PublicSuiteTests {
    @Test("is there when it must be")
    func presence() {
        #expect(PublicSuite.isPresent || !PublicSuite.isRequired, "MILLWRIGHT_REQUIRE_SHARED=1 but no suite")
    }

    @Test("passes but for the listed exceptions", .enabled(if: PublicSuite.isPresent))
    func publicSuite() async throws {
        let cases = try PublicSuite.cases()
        let reasons = Dictionary(uniqueKeysWithValues: exceptions.map { ($0.program, $0.reason) })
        // Some cases build values that are nested ten thousand deep, which only a large stack can free.
        let failures = await onThread(stackBytes: 512 << 20) {
            cases.map { (testCase: $0, problem: reasons[$0.program] == nil ? problem($0) : nil) }
        }
        for failure in failures {
            if let problem = failure.problem {
                Issue.record("\(failure.testCase): \(failure.testCase.program): \(problem)")
            }
        }
        let listed = cases.filter { reasons[$0.program] != nil }.count
        let failed = failures.filter { $0.problem != nil }.count
        print("jq public suite: \(cases.count - listed - failed) of \(cases.count) passed, \(listed) listed exceptions")
        #expect(cases.count > 800)
        #expect(listed == exceptions.count, "an exception that is not in the suite any more")
        #expect(listed * 100 <= cases.count * 3)
    }

    @Test("has no exception that works after all", .enabled(if: PublicSuite.isPresent))
    func exceptionsFail() async throws {
        let cases = try PublicSuite.cases()
        for exception in exceptions {
            let testCase = try #require(cases.first { $0.program == exception.program })
            #expect(problem(testCase) != nil, "\(exception.program)")
        }
    }
}

private func problem(_ testCase: PublicSuite.Case) -> String? {
    let program: JQProgram
    do {
        program = try JQProgram(testCase.program)
    } catch {
        return testCase.isInvalid ? nil : "refused: \(error)"
    }
    if testCase.isInvalid { return "not refused" }
    do {
        let expected = try testCase.outputs.map(value)
        var budget = JQBudget.default
        budget.nesting = 20_000
        budget.steps = 100_000_000
        var found: [JSONValue] = []
        var end = ""
        do {
            // An error ends the outputs; the suite only lists those before it.
            try program.forEach(value(testCase.input), budget: budget) {
                found.append($0)
                return true
            }
        } catch { end = ", then \(error)" }
        let equal = try JQProgram(".[0] == .[1]")
        guard found.count == expected.count else { return "got \(found.count) results\(end)" }
        for (one, other) in zip(found, expected) where try equal.first([one, other], budget: budget) != true {
            return "got \(one.serialized()), not \(other.serialized())"
        }
        return nil
    } catch {
        return "\(error)"
    }
}

/// A value of a test file: JSON, where jq also takes NaN, infinities and a byte order mark.
private func value(_ text: String) throws -> JSONValue {
    let text = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
    if let value = try? JSONValue(parsing: text) { return value }
    let expression = text.replacing("-NaN", with: "nan").replacing("NaN", with: "nan")
        .replacing("-Infinity", with: "(-infinite)").replacing("Infinity", with: "infinite")
    return try #require(try JQProgram(expression).first(.null))
}
