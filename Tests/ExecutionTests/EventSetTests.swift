import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("several events start one run", .timeLimit(.minutes(10)))
struct EventSetTests {
    private static let places: [(type: String, correlations: JSONValue)] = [
        ("order.released", ["order": ".data.order"]), ("material.staged", ["order": ".data.order"]),
        ("tool.ready", ["order": ".data.order"]),
    ]

    private static func event(_ place: Int, order: JSONValue, _ suffix: String = "") -> IncomingEvent {
        IncomingEvent(
            source: "mes", id: "\(place)-\(order.serialized())\(suffix)", type: places[place].type,
            data: ["order": order])
    }

    private func inputs(_ shell: ShellFixture) async throws -> [[String]] {
        var inputs: [[String]] = []
        for run in try await shell.runs.list(in: shell.scope, page: PageRequest()).items {
            let input = try await shell.runs.run(run.id, in: shell.scope).input?.arrayValue ?? []
            inputs.append(input.compactMap { $0["id"]?.stringValue })
        }
        return inputs.sorted { $0.lexicographicallyPrecedes($1) }
    }

    @Test("in any order, one by one, a run starts when the last has come, with the events in the definition's order")
    func anyOrder() async throws {
        try await ShellFixture.with { shell in
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            try await shell.addWorkflow("setup", startedByAll: Self.places)
            let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
            for step in 0..<3 {
                #expect(try await shell.count("millwright.run") == 0)
                for (order, places) in orders.enumerated() {
                    try await shell.send(Self.event(places[step], order: JSONValue(order)))
                }
            }
            #expect(try await inputs(shell) == (0..<6).map { ["0-\($0)", "1-\($0)", "2-\($0)"] })
            #expect(try await shell.count("millwright.event_set") == 0)
            // The run is in the runner's hands at once, and carries what its events have in common.
            #expect(try await runner.call().work.count == 6)
            let runs = try await shell.runs.list(in: shell.scope, page: PageRequest()).items
            #expect(Set(runs.compactMap(\.businessKey)) == Set((0..<6).map(String.init)))
        }
    }

    @Test("an event that comes twice counts once; a second event of a type waits for a set of its own")
    func twice() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("setup", startedByAll: Self.places)
            try await shell.send(Self.event(0, order: 7), Self.event(0, order: 7), Self.event(1, order: 7))
            try await shell.send(Self.event(0, order: 7))
            try await shell.send(Self.event(0, order: 7, "b"))
            #expect(try await shell.count("millwright.event_set") == 2)
            try await shell.send(Self.event(2, order: 7.0))
            #expect(try await inputs(shell) == [["0-7", "1-7", "2-7"]])
            try await shell.send(Self.event(2, order: 7, "b"), Self.event(1, order: 7, "b"))
            #expect(try await inputs(shell) == [["0-7", "1-7", "2-7"], ["0-7b", "1-7b", "2-7b"]])
        }
    }

    @Test("the same events from many senders through two control planes start each run once")
    func atOnce() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("setup", startedByAll: Self.places)
            try await shell.addWorkflow("single", startedBy: Self.places[0].type)
            let other = shell.restarted()
            try await withThrowingTaskGroup { group in
                for sender in 0..<12 {
                    let intake = sender.isMultiple(of: 2) ? shell.intake : other.intake
                    group.addTask {
                        for step in 0..<30 {
                            let number = (sender * 7 + step * 11) % 30
                            _ = try await intake.accept(
                                shell.scope, [Self.event(number % 3, order: JSONValue(number / 3))], by: .system)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let sets = try await inputs(shell).filter { $0.count == 3 }
            #expect(sets == (0..<10).map { ["0-\($0)", "1-\($0)", "2-\($0)"] })
            #expect(try await shell.count("millwright.run") == 20)
            #expect(try await shell.count("millwright.event_set") == 0)
        }
    }

    @Test("the events of a set that come at the same moment through two control planes find one another")
    func sameMoment() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("setup", startedByAll: Self.places)
            let other = shell.restarted()
            for order in 0..<40 {
                try await withThrowingTaskGroup { group in
                    for place in 0..<3 {
                        let intake = place == 1 ? other.intake : shell.intake
                        group.addTask {
                            _ = try await intake.accept(
                                shell.scope, [Self.event(place, order: JSONValue(order))], by: .system)
                        }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(try await shell.count("millwright.run") == 40)
            #expect(try await shell.count("millwright.event_set") == 0)
        }
    }

    @Test("without correlation events are taken as they come; an event takes one place")
    func uncorrelated() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("pairs", startedByAll: [("tick", [:]), ("tick", [:])])
            for number in 1...5 { try await shell.send(IncomingEvent(source: "s", id: "\(number)", type: "tick")) }
            #expect(try await inputs(shell) == [["1", "2"], ["3", "4"]])
            #expect(try await shell.count("millwright.event_set") == 1)
        }
    }

    @Test("what cannot be correlated belongs to nothing, and is accepted")
    func withoutValue() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("setup", startedByAll: Self.places)
            for order: JSONValue in [.null, [1], ["a": 1], .string(String(repeating: "x", count: 600))] {
                try await shell.send(Self.event(0, order: order, "\(order.serialized().count)"))
            }
            #expect(try await shell.count("millwright.event") == 4)
            #expect(try await shell.count("millwright.event_set") == 0)
        }
    }

    @Test("a value with NUL belongs to nothing, and the other senders' events of the same moment are accepted")
    func nulValue() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("pairs", startedByAll: Array(Self.places[..<2]))
            let hostile: JSONValue = .string("a\u{0}b")
            let sent = (0..<20).map { number -> IncomingEvent in
                number < 2 ? Self.event(number, order: hostile) : Self.event(number % 2, order: JSONValue(number / 2))
            }
            // In one request, and in requests that share a transaction.
            _ = try await shell.intake.accept(shell.scope, Array(sent[..<4]), by: .system)
            try await withThrowingTaskGroup { group in
                for event in sent[4...] + [Self.event(0, order: hostile, "b"), Self.event(1, order: hostile, "b")] {
                    group.addTask { _ = try await shell.intake.accept(shell.scope, [event], by: .system) }
                }
                try await group.waitForAll()
            }
            #expect(try await shell.count("millwright.event") == 22)
            #expect(try await shell.count("millwright.run") == 9)
            #expect(try await shell.count("millwright.event_set") == 0)
        }
    }

    @Test("sets are bounded: the oldest is given up, is seen, and starts nothing any more")
    func tooMany() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("setup", startedByAll: Self.places)
            for first in stride(from: 0, to: 1_001, by: 250) {
                let events = (first..<min(first + 250, 1_001)).map { Self.event(0, order: JSONValue($0)) }
                _ = try await shell.intake.accept(shell.scope, events, by: .system)
            }
            #expect(try await shell.count("millwright.event_set", "closed_at IS NULL") == 1_000)
            try await shell.send(Self.event(1, order: 0), Self.event(2, order: 0))
            #expect(try await shell.count("millwright.run") == 0)
            let sets = try await shell.runs.schedules.eventSets(in: shell.scope, page: PageRequest(limit: 200))
            #expect(sets.items.allSatisfy { $0.reason == nil })
            #expect(try await shell.count("millwright.event_set", "reason = 'too-many'") == 2)
        }
    }

    @Test("a set that waits too long is given up")
    func tooOld() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("setup", startedByAll: Self.places)
            try await shell.send(Self.event(0, order: 1), Self.event(1, order: 1))
            shell.clock.advance(seconds: 7 * 86_400 + 1)
            try await shell.send(Self.event(2, order: 1))
            #expect(try await shell.count("millwright.run") == 0)
            try await shell.schedules.sweep()
            let sets = try await shell.runs.schedules.eventSets(in: shell.scope, page: PageRequest()).items
            #expect(sets.map(\.reason) == [nil, "too-old"])
            #expect(sets.last?.events.map { $0 != nil } == [true, true, false])
            #expect(sets.last?.correlation == ["order": 1])
        }
    }

    @Test("another definition does not finish the sets of the one before")
    func changedWorkflow() async throws {
        try await ShellFixture.with { shell in
            let id = try await shell.addWorkflow("setup", startedByAll: Self.places)
            try await shell.send(Self.event(0, order: 1), Self.event(1, order: 1))
            _ = try await shell.database.pipeline(
                shell.scope,
                [
                    "DELETE FROM millwright.workflow_trigger WHERE workflow_id = \(id)",
                    "UPDATE millwright.workflow SET row_version = row_version + 1",
                ])
            try await shell.addTriggers(
                Self.places.map { ($0.type, ["order": ".data | .order"]) }, of: id)
            try await shell.send(Self.event(2, order: 1))
            #expect(try await shell.count("millwright.run") == 0)
            #expect(try await shell.count("millwright.event_set", "reason = 'workflow-changed'") == 1)
        }
    }

    @Test("events that runs emit are gathered, too, and another plant's are its own")
    func emitted() async throws {
        try await ShellFixture.with { shell in
            let sibling = try await shell.sibling()
            try await shell.addWorkflow("setup", startedByAll: Self.places)
            try await sibling.addWorkflow("setup", startedByAll: Self.places)
            try await shell.addWorkflow("emitter", startedBy: "go")
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            try await shell.send(Self.event(0, order: 1), Self.event(1, order: 1))
            try await sibling.send(Self.event(2, order: 1))
            try await shell.send(IncomingEvent(source: "s", id: "go", type: "go"))
            let work = try #require(try await runner.call().work.first)
            let event: JSONValue = [
                "specversion": "1.0", "id": "2-1", "source": "mes", "type": "tool.ready", "data": ["order": 1],
            ]
            _ = try await runner.call([work.completed(emitted: [event])])
            #expect(try await inputs(shell).filter { $0.count == 3 } == [["0-1", "1-1", "2-1"]])
            #expect(try await sibling.count("millwright.run") == 0)
            #expect(try await sibling.count("millwright.event_set") == 1)
        }
    }
}
