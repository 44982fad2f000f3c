import JSON
import Primitives
import Testing
import Workflow

@Suite("Lifecycle events")
struct LifecycleTests {
    private func simulate(
        _ given: Given, answers: SimulatedAnswers = SimulatedAnswers(), isTold: Bool = true
    ) -> SimulationReport {
        let engine = Engine(
            definition: given.definition, facts: RunFacts(runID: Given.runID), tellsLifecycle: isTold)
        var simulation = Simulation(engine: engine, answers: answers, startingAt: Given.start)
        simulation.start(input: [:])
        simulation.run()
        return simulation.report
    }

    private func types(_ report: SimulationReport) -> [String] {
        report.lifecycle.map { event in
            let type = (event["type"]?.stringValue ?? "").replacing("io.serverlessworkflow.", with: "")
                .replacing(".v1", with: "")
            return type + (event["data"]?["task"]?.stringValue.map { " " + $0 } ?? "")
        }
    }

    @Test("an engine that was not asked tells nothing, and remembers nothing of it")
    func silence() throws {
        let given = try Given("  - a: {set: {x: 1}}\n  - pause: {wait: PT1S}")
        #expect(simulate(given, isTold: false).lifecycle.isEmpty)
        #expect(given.start().state.json["counters"]?["lifecycleEvents"] == nil)
    }

    @Test("a run tells of its own and its tasks' beginnings and ends, in order")
    func completed() throws {
        let report = simulate(
            try Given("  - a: {set: {x: 1}}\n  - skipped: {if: .never, set: {x: 2}}\n  - pause: {wait: PT1S}"))
        #expect(
            types(report) == [
                "workflow.started", "workflow.status-changed",
                "task.created /do/0/a", "task.started /do/0/a", "task.completed /do/0/a",
                "task.created /do/2/pause", "task.started /do/2/pause", "workflow.status-changed",
                "task.completed /do/2/pause", "workflow.status-changed", "workflow.completed",
            ])
        #expect(report.lifecycle.last?["data"]?["output"] == ["x": 1])
        #expect(report.lifecycle.first?["data"]?["definition"]?["name"] == "under-test")
        #expect(
            report.lifecycle.first?["data"]?["name"] == .string("under-test-\(Given.runID).tests"))
        #expect(Set(report.lifecycle.compactMap { $0["id"]?.stringValue }).count == report.lifecycle.count)
    }

    @Test("errors, retries and what a timeout takes down are told")
    func faults() throws {
        let given = try Given(
            """
              - guarded:
                  try:
                    - slow: {call: http, with: {method: get, endpoint: "http://erp/"}}
                  catch: {retry: {limit: {attempt: {count: 1}}}}
                  timeout: {after: PT10S}
            """)
        let answers = SimulatedAnswers(calls: [
            .init(
                function: "http",
                answers: [
                    SimulatedAnswer(.failure(TryTests.unavailable), afterSeconds: 1),
                    SimulatedAnswer(.success(1), afterSeconds: 60),
                ])
        ])
        let told = types(simulate(given, answers: answers))
        let slow = "/do/0/guarded/try/0/slow"
        #expect(
            told.filter { $0.hasPrefix("task") } == [
                "task.created /do/0/guarded", "task.started /do/0/guarded", "task.created \(slow)",
                "task.started \(slow)", "task.faulted \(slow)", "task.retried /do/0/guarded", "task.created \(slow)",
                "task.started \(slow)", "task.cancelled \(slow)", "task.faulted /do/0/guarded",
            ])
        #expect(told.last == "workflow.faulted")
    }

    @Test("the branches that lose a race are cancelled")
    func race() throws {
        let given = try Given(
            """
              - race:
                  fork:
                    compete: true
                    branches:
                      - fast: {wait: PT1S}
                      - slow: {wait: PT5S}
            """)
        let told = types(simulate(given))
        #expect(told.contains("task.cancelled /do/0/race/fork/branches/1/slow"))
        #expect(!told.contains("task.cancelled /do/0/race/fork/branches/0/fast"))
    }

    @Test("cancelling a run cancels its open tasks; correlating is told with the keys that it found")
    func cancelledAndCorrelated() throws {
        let given = try Given(
            """
              - hear:
                  listen:
                    to:
                      all:
                        - {with: {type: a}, correlate: {lot: {from: .data.lot}}}
                        - {with: {type: b}, correlate: {lot: {from: .data.lot}}}
              - pause: {wait: P1D}
            """)
        let engine = Engine(definition: given.definition, facts: RunFacts(runID: Given.runID), tellsLifecycle: true)
        var advance = engine.start(input: [:], at: Given.start)
        var told = advance.lifecycle
        for (id, type) in [("/do/0/hear#1/1", "a"), ("/do/0/hear#1/2", "b")] {
            let event: JSONValue = ["type": .string(type), "source": "s", "id": .string(type), "data": ["lot": "L7"]]
            let stored = try RunState(json: advance.state.json)
            advance = engine.advance(stored, [.answered(id, event)])
            told += advance.lifecycle
        }
        advance = engine.advance(advance.state, [EngineInput(at: Given.after(5), kind: .cancel(reason: "enough"))])
        told += advance.lifecycle
        let keys = told.first { $0["type"] == "io.serverlessworkflow.workflow.correlation-completed.v1" }
        #expect(keys?["data"]?["correlationKeys"] == ["lot": "L7"])
        #expect(told.last?["type"] == "io.serverlessworkflow.workflow.cancelled.v1")
        #expect(told.contains { $0["data"]?["task"] == "/do/1/pause" && $0["data"]?["cancelledAt"] != nil })
        #expect(Set(told.compactMap { $0["id"]?.stringValue }).count == told.count)
    }
}
