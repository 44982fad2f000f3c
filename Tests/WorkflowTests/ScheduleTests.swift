import JSON
import Primitives
import Testing
import Workflow

@Suite("Schedules")
struct ScheduleTests {
    @Test(
        "what cannot start a run is refused",
        arguments: [
            ("{on: {one: {with: {source: s}}}}", Diagnostic.Code.missingField),
            ("{on: {one: {with: {type: '^t'}}}}", .missingField),
            ("{on: {one: {with: {type: '${ .x }'}}}}", .invalidExpression),
            ("{on: {any: []}}", .notSupported),
            ("{on: {all: []}}", .missingField),
            ("{on: {any: [{with: {type: t}}], until: {one: {with: {type: u}}}}}", .unknownProperty),
            ("{on: {all: [{with: {type: t}, correlate: {k: {from: .k}}}, {with: {type: u}}]}}", .missingField),
            ("{on: {one: {with: {type: t}, correlate: {k: {from: '${ . | '}}}}}", .invalidExpression),
            ("{}", .missingField),
            ("{cron: sometimes}", .invalidValue),
            ("{cron: 0 0 30 2 *}", .invalidValue),
            ("{every: '${ .x }'}", .invalidDuration),
            ("{every: PT0.5S}", .invalidDuration),
            ("{after: {milliseconds: 999}}", .invalidDuration),
            ("{read: data}", .missingField),
        ])
    func refused(_ schedule: String, _ code: Diagnostic.Code) throws {
        let decoded = try decode(document("- a: {set: {x: 1}}", extra: "schedule: \(schedule)"))
        #expect(decoded.codes() == [code])
    }

    @Test("on gives filters that take the events they name")
    func triggers() throws {
        let given = try Given(
            "- a: {set: {n: '${ $workflow.input[0].data.n }'}}",
            extra: "schedule: {on: {any: [{with: {type: t, data: '${ .n > 1 }'}}, {with: {type: u, source: s}}]}}")
        let on = try #require(given.definition.schedule?.on)
        #expect(on.mode == .any)
        #expect(on.filters.map(\.attributes) == [["type": "t"], ["type": "u", "source": "s"]])
        let filter = try CompiledEventFilter(on.filters[0])
        #expect(filter.matches(["type": "t", "data": ["n": 2]]))
        #expect(!filter.matches(["type": "t", "data": ["n": 1]]))
        #expect(given.run([["specversion": "1.0", "type": "t", "data": ["n": 2]]]).output == ["n": 2])
    }

    @Test("read: data gives the data of the events that started the run")
    func readData() throws {
        let given = try Given(
            "- a: {set: {n: '${ $workflow.input[0].n }'}}",
            extra: "schedule: {on: {one: {with: {type: t}}}, read: data}")
        #expect(given.run([["specversion": "1.0", "type": "t", "data": ["n": 2]]]).output == ["n": 2])
        #expect(given.run([["n": 3]]).output == ["n": 3])
    }

    @Test("intervals are known in seconds")
    func intervals() throws {
        let schedule = try Given(
            "- a: {set: {x: 1}}", extra: "schedule: {every: PT15M, after: {hours: 1}, cron: 0 6 * * 1}"
        )
        .definition.schedule
        #expect(
            schedule == Schedule(everySeconds: 900, cron: try CronExpression("0 6 * * 1"), afterSeconds: 3600))
    }

    @Test(
        "what is said of the schedule in the metadata is checked",
        arguments: [
            ("{timeZone: Berlin Time}", Diagnostic.Code.invalidValue), ("{timeZone: 1}", .wrongType),
            ("{timeZone: ../../etc/passwd}", .invalidValue), ("{zone: UTC}", .unknownProperty),
            ("{overlap: sometimes}", .invalidValue), ("{catchUp: latest}", .wrongType),
            ("{catchUp: {within: P1D}}", .missingField), ("{catchUp: {policy: all, within: P31D}}", .invalidDuration),
            ("{catchUp: {policy: all, until: P1D}}", .unknownProperty), ("{jitter: PT2H}", .invalidDuration),
            ("{jitter: soon}", .invalidDuration), ("later", .wrongType),
        ])
    func refusedPolicy(_ policy: String, _ code: Diagnostic.Code) throws {
        let text = document(
            "- a: {set: {x: 1}}", extra: "  metadata: {schedule: \(policy)}\nschedule: {cron: 0 6 * * *}")
        #expect(try decode(text).codes() == [code])
    }

    @Test("a policy without a schedule of the clock is a mistake")
    func idlePolicy() throws {
        for schedule in ["", "schedule: {on: {one: {with: {type: t}}}}"] {
            let text = document(
                "- a: {set: {x: 1}}", extra: "  metadata: {schedule: {overlap: skip}}\n\(schedule)")
            #expect(try decode(text).definition == nil)
        }
    }

    @Test(
        "what is said of the runs of events in the metadata is checked",
        arguments: [
            ("{businessKey: '${ .data.asset }', priority: 80, deduplicate: open}", []),
            ("{businessKey: .subject, priority: '.data.priority // 50'}", []),
            ("{businessKey: '${ .[ }'}", [Diagnostic.Code.invalidExpression]),
            ("{businessKey: '${ $context.x }'}", [.unknownVariable]), ("{businessKey: 7}", [.wrongType]),
            ("{priority: 101}", [.invalidValue]), ("{priority: 1.5}", [.wrongType]),
            ("{deduplicate: sometimes}", [.invalidValue]), ("{key: .subject}", [.unknownProperty]),
            ("often", [.wrongType]),
        ])
    func runMetadata(_ metadata: String, _ codes: [Diagnostic.Code]) throws {
        let text = document(
            "- a: {set: {x: 1}}",
            extra: "  metadata: {run: \(metadata)}\nschedule: {on: {one: {with: {type: t}}}}")
        #expect(try decode(text).codes() == codes)
    }

    @Test("names of runs for events that do not come are a warning, and one that is too long a mistake")
    func idleRunMetadata() throws {
        for schedule in ["", "schedule: {on: {all: [{with: {type: t}}, {with: {type: u}}]}}"] {
            let text = document(
                "- a: {set: {x: 1}}", extra: "  metadata: {run: {businessKey: .subject}}\n\(schedule)")
            let decoded = try decode(text)
            #expect(decoded.definition != nil && decoded.diagnostics.contains { $0.severity == .warning })
        }
        let long = String(repeating: "x", count: RunMetadata.maximumExpressionBytes + 1)
        let text = document(
            "- a: {set: {x: 1}}",
            extra: "  metadata: {run: {businessKey: \(long)}}\nschedule: {on: {one: {with: {type: t}}}}")
        #expect(try decode(text).codes() == [.tooLarge])
    }

    @Test("the policy is read, and survives being stored")
    func policy() throws {
        let given = try Given(
            "- a: {set: {x: 1}}",
            extra: """
                  metadata:
                    schedule:
                      timeZone: Europe/Berlin
                      overlap: queue
                      catchUp: {policy: all, within: PT6H}
                      jitter: PT1M
                schedule: {every: PT15M, cron: 0 6 * * 1, after: PT1H}
                """)
        let schedule = try #require(given.definition.schedule)
        #expect(
            schedule.policy
                == SchedulePolicy(
                    timeZone: "Europe/Berlin", overlap: .queue, catchUp: .all, catchUpWithinSeconds: 21_600,
                    jitterSeconds: 60))
        #expect(schedule.timedRules.map(\.kind) == [.every, .cron, .after])
        for rule in schedule.timedRules { #expect(try TimedRule(json: rule.json) == rule) }
        #expect(throws: MalformedJSON.self) { try TimedRule(json: ["cron": "61 * * * *"]) }
    }

    @Test(
        "the moments of several ways are in order, and the delay of a moment is always the same and within the jitter")
    func nextMoments() throws {
        let schedule = Schedule(
            everySeconds: 3600, cron: try CronExpression("30 0 * * *"), policy: SchedulePolicy(jitterSeconds: 60))
        let start = try #require(Timestamp("2026-01-01T00:00:00Z"))
        let moments = schedule.nextMoments(after: start, count: 3, in: .utc)
        #expect(
            moments.map(\.description) == ["2026-01-01T00:30:00Z", "2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z"])
        let delays = moments.map { schedule.timedRules[0].delaySeconds(at: $0, key: "w") }
        #expect(delays.allSatisfy { (0..<60).contains($0) } && Set(delays).count == 3)
        #expect(delays == moments.map { schedule.timedRules[0].delaySeconds(at: $0, key: "w") })
    }

    @Test("several events of one run, and what they have in common")
    func correlated() throws {
        let given = try Given(
            "- a: {set: {x: 1}}",
            extra: """
                schedule:
                  on:
                    all:
                      - with: {type: t}
                        correlate: {order: {from: .data.order}}
                      - with: {type: u}
                        correlate: {order: {from: .data.ref.order}, site: {from: .data.site, expect: north}}
                """)
        let on = try #require(given.definition.schedule?.on)
        #expect(on.mode == .all)
        #expect(on.correlations.map { $0.map(\.name) } == [["order"], ["order"]])
        let first = try CompiledCorrelations(on.correlations[0])
        #expect(first.values(of: ["data": ["order": 7]]) == ["order": 7])
        #expect(first.values(of: ["data": ["order": [1]]]) == nil)
        #expect(first.values(of: ["data": [:]]) == nil)
        // expect is a condition of the filter.
        let second = try CompiledEventFilter(on.filters[1])
        #expect(second.matches(["type": "u", "data": ["site": "north"]]))
        #expect(!second.matches(["type": "u", "data": ["site": "south"]]))
    }

    @Test("all of one event is that one; a correlation of a single event asks that there is a value")
    func single() throws {
        let given = try Given(
            "- a: {set: {x: 1}}",
            extra: "schedule: {on: {all: [{with: {type: t}, correlate: {k: {from: .data.k}}}]}}")
        let on = try #require(given.definition.schedule?.on)
        #expect(on.mode == .one && on.correlations == [[]])
        let filter = try CompiledEventFilter(on.filters[0])
        #expect(filter.matches(["type": "t", "data": ["k": 1]]))
        #expect(!filter.matches(["type": "t", "data": [:]]))
    }

    @Test("durations are read as ISO 8601 has them")
    func durations() throws {
        for (text, seconds) in [
            ("P1DT2H3M4.5S", 93_784.5), ("P2W", 1_209_600), ("PT0.25S", 0.25), ("P1Y1M", 34_128_000),
        ] {
            let given = try Given("- a: {wait: \(text)}")
            #expect(given.start().opened.map(\.kind) == [.timer(dueAt: Given.after(seconds))], "\(text)")
        }
        for text in ["P", "PT", "1D", "P1", "PT1M1H", "P-1D", "P1D1D", "PT1.S", "P200Y"] {
            #expect(try decode(document("- a: {wait: \(text)}")).codes() == [.invalidDuration], "\(text)")
        }
    }
}

extension CompiledCorrelations {
    fileprivate func values(of event: JSONValue) -> JSONObject? {
        var allowance = EvaluationAllowance.unbounded
        return values(of: event, &allowance)
    }
}
