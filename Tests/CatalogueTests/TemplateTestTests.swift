import Catalogue
import Testing
import YAML

@Suite("A template's own tests")
struct TemplateTestTests {
    /// What the one test of the sample template complains about, as `12: message`.
    private func problems(
        test: String = SampleTemplate.test, workflow: String = SampleTemplate.workflow
    ) throws -> [String] {
        let (package, problems) = SampleTemplate.read(workflow: workflow, test: test)
        let template = try #require(package, "\(problems)")
        let definition = try #require(TemplateLint.check(template).definition)
        let outcomes = TemplateTest.run(template, definition)
        return try #require(outcomes.first).problems.map { "\($0.location?.line ?? 0): \($0.message)" }
    }

    private func problems(_ old: String, _ new: String) throws -> [String] {
        #expect(SampleTemplate.test.contains(old))
        return try problems(test: SampleTemplate.test.replacing(old, with: new))
    }

    @Test("a test whose expectations hold passes")
    func passes() throws { #expect(try problems() == []) }

    @Test("a difference names the place, what was expected and what came")
    func difference() throws {
        #expect(
            try problems("number: '1' }\n  calls", "number: '2' }\n  calls") == [
                #"12: output /number: expected "2", got "1""#
            ])
        #expect(try problems("priority: 3", "priority: 2") == ["13: calls/0 /with/priority: expected 2, got 3"])
    }

    @Test("calls that did not happen, and calls that nobody expected, are named")
    func lists() throws {
        let extra = try problems("calls: [{", "calls: [{ call: messages.send }, {")
        #expect(extra.contains { $0.contains("calls/0 /call: expected") })
        #expect(extra.contains("13: calls: this one did not happen"))
        let missing = try problems(
            "calls: [{ call: work-orders.create, with: { title: Broken, priority: 3 } }]", "calls: []")
        #expect(missing.count == 1)
        #expect(missing[0].hasPrefix(#"13: calls: not expected: {"call":"work-orders.create""#))
    }

    @Test("another end than the expected one says why")
    func wrongEnd() throws {
        let found = try problems("status: completed", "status: faulted")
        #expect(found.contains { $0.hasPrefix("11: expected faulted, got completed") })
    }

    @Test("a call or a task without an answer is named, and the run waits")
    func unanswered() throws {
        let noDecision = try problems(
            "  - humanTask: supervisor\n    decision: { outcome: 'yes', decidedBy: { name: Ada } }\n", "")
        #expect(noDecision.contains { $0.contains("nobody answers the task /do/0/approve for “supervisor”") })
        #expect(noDecision.contains { $0.contains("got waiting") && $0.contains("waiting for /do/0/approve") })
        let noCall = try problems(
            "  - call: work-orders.create\n    result: { id: '1', number: '1', status: open }\n", "")
        #expect(noCall.contains { $0.contains("work-orders.create is called 1 times; there are 0 answers") })
    }

    @Test("an answer that is never used is named with its line")
    func unusedAnswer() throws {
        let found = try problems("answers:\n", "answers:\n  - call: work-orders.find\n    result: { items: [] }\n")
        #expect(found == ["6: this answer is never used: work-orders.find is called 0 times"])
    }

    @Test("a result that the capability never gives is refused")
    func impossibleResult() throws {
        let found = try problems("result: { id: '1', number: '1', status: open }", "result: { id: '1', number: '1' }")
        #expect(found.contains { $0.hasPrefix("9: work-orders.create never answers this") })
    }

    @Test("an argument that the capability does not take is refused, whatever it was computed from")
    func impossibleArgument() throws {
        let found = try problems(
            test: SampleTemplate.test.replacing("priority: 3", with: "priority: 30"),
            workflow: SampleTemplate.workflow.replacing(
                "${ $context.parameters.priority }", with: "${ $context.parameters.priority * 10 }"))
        #expect(found.contains { $0.contains("/do/1/open calls work-orders.create with a wrong argument, /priority") })
    }

    @Test("a decision that the task does not offer is refused")
    func impossibleDecision() throws {
        let found = try problems("outcome: 'yes'", "outcome: 'maybe'")
        #expect(found.contains("7: the task does not offer the outcome \"maybe\""))
    }

    @Test("parameters that the schema refuses end the test, with their line")
    func wrongParameters() throws {
        let found = try problems("site: North", "priority: 12")
        #expect(found == ["3: “Site” is required.", "3: “Priority” must be 5 or less."])
    }

    @Test("an event that the template's own contract refuses, or does not know, is named")
    func wrongEvent() throws {
        #expect(
            try problems("data: { text: Broken }", "data: { text: 5 }").contains { $0.hasPrefix("4: such an event") })
        #expect(
            try problems("type: com.example.reported", "type: com.example.unheard").contains(
                "4: the template does not declare the event type “com.example.unheard”"))
    }

    @Test("a task that nobody decides expires after its own time")
    func expiry() throws {
        let expiring = SampleTemplate.test
            .replacing("decision: { outcome: 'yes', decidedBy: { name: Ada } }", with: "expires: true")
        #expect(try problems(test: expiring + "\n  endsAfterSeconds: 60\n") == [])
        #expect(try problems(test: expiring + "\n  endsAfterSeconds: 30\n") == ["14: expected 30.0, got 60.0"])
    }
}
