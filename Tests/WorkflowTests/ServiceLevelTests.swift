import JSON
import Primitives
import Testing
import Workflow

@Suite("clocks of service levels")
struct ServiceLevelTests {
    private static let always = ServiceLevelClock.Time(.always, in: .utc)

    private func started(target: Double = 100, warnings: [Double] = [50, 10]) -> ServiceLevelClock {
        ServiceLevelClock(targetSeconds: target, warnings: warnings, startedAt: Given.start)
    }

    /// Everything that a clock says until a moment, as the service lets it.
    private func said(_ clock: inout ServiceLevelClock, until seconds: Double) -> [String] {
        var said: [String] = []
        while let next = clock.next(Self.always), next.at <= Given.after(seconds) {
            said.append("\(next.occasion)@\(Int(next.at.unixSeconds - Given.start.unixSeconds))")
            clock.say(next.occasion, at: next.at)
        }
        return said
    }

    private func changes(_ clock: inout ServiceLevelClock, _ change: (inout ServiceLevelClock) -> Bool) -> Bool {
        change(&clock)
    }

    @Test("a clock warns before its end and is breached once, also when it is asked late")
    func speaks() {
        var clock = started()
        #expect(said(&clock, until: 49).isEmpty)
        #expect(said(&clock, until: 500) == ["warning(0)@50", "warning(1)@90", "breach@100"])
        #expect(said(&clock, until: 5_000).isEmpty && clock.next(Self.always) == nil)
    }

    @Test("the time of a pause does not count")
    func pauses() {
        var clock = started()
        #expect(changes(&clock) { $0.pause(at: Given.after(40), Self.always) } == true)
        #expect(changes(&clock) { $0.pause(at: Given.after(60), Self.always) } == false)
        #expect(clock.dueAt(Self.always) == nil && said(&clock, until: 10_000).isEmpty)
        #expect(changes(&clock) { $0.resume(at: Given.after(1_000)) } == true)
        #expect(clock.elapsed(at: Given.after(1_010), Self.always) == 50)
        #expect(said(&clock, until: 5_000) == ["warning(0)@1010", "warning(1)@1050", "breach@1060"])
    }

    @Test("a clock that was stopped in time says nothing any more, one that was stopped too late still says so")
    func stops() {
        var early = started()
        #expect(changes(&early) { $0.stop(at: Given.after(60)) } == true)
        #expect(said(&early, until: 5_000) == ["warning(0)@50"])
        var late = started()
        #expect(changes(&late) { $0.stop(at: Given.after(101)) } == true)
        #expect(said(&late, until: 101) == ["warning(0)@50", "warning(1)@90", "breach@100"])
        #expect(late.elapsed(at: Given.after(9_999), Self.always) == 101)
    }

    // MARK: The function

    private static let tasks = """
        - begin:
            call: sla:1.0.0@default
            with: {name: response, target: PT10M, warnings: [PT2M, 50%], calendar: elapsed}
        - work:
            wait: {seconds: 90}
        - halt:
            call: sla:1.0.0@default
            with: {name: response, action: pause}
        - parts:
            wait: {hours: 5}
        - goOn:
            call: sla:1.0.0@default
            with: {name: response, action: resume}
        - more:
            wait: {seconds: 30}
        - stop:
            call: sla:1.0.0@default
            with: {name: response, action: stop}
        """

    @Test("a run starts, pauses, resumes and stops its clock, and sees how it stands")
    func function() throws {
        let report = try Given(Self.tasks).run()
        #expect(report.status == .completed, "\(report.error as Any)")
        #expect(report.output?["elapsedSeconds"] == 120 && report.output?["remainingSeconds"] == 480)
        #expect(report.output?["status"] == "stopped" && report.output?["breached"] == false)
        #expect(report.output?["warningsGiven"] == 0)
        // Its tasks are metered, and are no calls to other systems.
        #expect(report.journal.filter { $0.taskType == "sla" && $0.kind == .taskCompleted }.count == 4)
    }

    @Test("a run can listen for the breach of its own clock")
    func breach() throws {
        let report = try Given(
            """
            - begin:
                call: sla:1.0.0@default
                with: {name: response, target: 60, warnings: [20], onWarning: {emit: false}}
            - await:
                listen:
                  to:
                    one:
                      with: {type: millwright.sla.breached.v1, data: '${ .clock == "response" }'}
            """
        ).run()
        #expect(report.status == .completed, "\(report.unanswered)")
        #expect(report.endedAt == Given.after(60))
        #expect(report.output?[0]?["runId"]?.stringValue == Given.runID.description)
    }

    @Test(
        "what a clock cannot follow is a validation error that the workflow can catch",
        arguments: [
            "{name: a, action: stop}", "{name: a, action: pause}", "{name: '${ \"\" }', target: PT1H}",
            "{name: a, target: '${ \"soon\" }'}", "{name: a, target: '${ 0 }'}",
            "{name: '${ \"a\" }', target: PT1H, warnings: [PT1H]}",
            "{name: '${ \"a\" }', target: PT1H, onBreach: {priority: 101}}",
        ])
    func refused(_ with: String) throws {
        let report = try Given("- a: {call: 'sla:1.0.0@default', with: \(with)}").run()
        #expect(report.status == .faulted)
        #expect(report.error?.type == StandardErrorType.validation.uri, "\(report.error as Any)")
    }

    @Test("a clock that runs cannot be started again, one that was stopped can")
    func again() throws {
        let start = "{call: 'sla:1.0.0@default', with: {name: a, target: PT1H}}"
        let stop = "{call: 'sla:1.0.0@default', with: {name: a, action: stop}}"
        #expect(try Given("- a: \(start)\n- b: \(start)").run().status == .faulted)
        #expect(try Given("- a: \(start)\n- b: \(stop)\n- c: \(start)").run().status == .completed)
    }

    @Test("mistakes that are written out are found when the definition is decoded, with their place")
    func decoding() throws {
        let decoded = try decode(
            document("- a: {call: 'sla:1.0.0@default', with: {name: a, target: PT1H, warnings: [2h]}}"))
        #expect(decoded.definition == nil)
        #expect(decoded.diagnostics.contains { $0.code == .invalidValue && $0.message.contains("/warnings/0") })
    }
}
