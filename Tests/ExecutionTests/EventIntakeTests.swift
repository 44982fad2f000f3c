import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing

@Suite("events are accepted once and start what matches", .timeLimit(.minutes(10)))
struct EventIntakeTests {
    @Test("an event that was accepted before is a duplicate of the first and starts nothing")
    func duplicateEvent() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            let first = try await shell.send(ShellFixture.event("1"))
            guard case .accepted(let id) = first[0] else {
                Issue.record("the first was not accepted: \(first)")
                return
            }
            #expect(try await shell.send(ShellFixture.event("1", data: ["asset": "other"])) == [.duplicate(of: id)])
            #expect(try await shell.count("millwright.event") == 1)
            #expect(try await shell.count("millwright.run") == 1)
            #expect(try await shell.metered(.events) == 1)
        }
    }

    @Test("two equal events of one request are one")
    func equalInOneRequest() async throws {
        try await ShellFixture.with { shell in
            let outcomes = try await shell.send(
                ShellFixture.event("1"), ShellFixture.event("2"), ShellFixture.event("1"))
            guard case .accepted(let id) = outcomes[0], case .accepted = outcomes[1] else {
                Issue.record("they were not accepted: \(outcomes)")
                return
            }
            #expect(outcomes[2] == .duplicate(of: id))
            #expect(try await shell.metered(.events) == 2)
        }
    }

    @Test("the same events from many senders at once are stored once, and each sender is told the same identifier")
    func concurrentSenders() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            let other = shell.restarted()
            let all = try await withThrowingTaskGroup(of: [EventOutcome].self) { group in
                for sender in 0..<20 {
                    let intake = sender.isMultiple(of: 2) ? shell.intake : other.intake
                    let order = (0..<30).map { (sender * 7 + $0 * 11) % 30 }
                    group.addTask {
                        let outcomes = try await intake.accept(
                            shell.scope, order.map { ShellFixture.event("e\($0)") }, by: .system)
                        return zip(order, outcomes).sorted { $0.0 < $1.0 }.map(\.1)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for event in 0..<30 {
                let identifiers = Set(all.map { $0[event].id })
                #expect(identifiers.count == 1)
                #expect(all.count { if case .accepted = $0[event] { true } else { false } } == 1)
            }
            #expect(try await shell.count("millwright.event") == 30)
            #expect(try await shell.count("millwright.run") == 30)
            #expect(try await shell.metered(.events) == 30)
        }
    }

    @Test("an event that breaks the plant's contract is refused with its place, and the others are stored")
    func brokenContract() async throws {
        try await ShellFixture.with { shell in
            let contract: JSONValue = [
                "type": "object", "required": ["asset"], "properties": ["asset": ["type": "string"]],
            ]
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm, contract: contract)
            let outcomes = try await shell.send(
                ShellFixture.event("1", data: ["asset": 7]), ShellFixture.event("2"), ShellFixture.event("3", data: [:])
            )
            guard case .refused(let wrongType) = outcomes[0], case .accepted = outcomes[1],
                case .refused(let missing) = outcomes[2]
            else {
                Issue.record("unexpected: \(outcomes)")
                return
            }
            #expect(wrongType.map(\.path) == ["/data/asset"])
            #expect(missing.count == 1)
            #expect(try await shell.count("millwright.event") == 1)
        }
    }

    @Test("a plant that is suspended, or whose client is, accepts nothing")
    func suspendedPlant() async throws {
        try await ShellFixture.with { shell in
            try await shell.send(ShellFixture.event("1"))
            for scope in [shell.scope, shell.place.client] {
                _ = try await shell.tenants.directory.suspend(scope, reason: "unpaid", by: .system)
                await #expect(throws: Problem.self) { try await shell.send(ShellFixture.event("2")) }
                _ = try await shell.tenants.directory.resume(scope, reason: "paid", by: .system)
            }
            #expect(try await shell.count("millwright.event") == 1)
        }
    }

    @Test("a workflow that was enabled a moment ago takes the next event, although the triggers were read before")
    func staleTriggers() async throws {
        try await ShellFixture.with { shell in
            try await shell.send(ShellFixture.event("1"))
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            try await shell.send(ShellFixture.event("2"))
            #expect(try await shell.count("millwright.run") == 1)
            _ = try await shell.database.pipeline(
                shell.scope,
                ["UPDATE millwright.workflow SET is_enabled = false, row_version = row_version + 1"])
            try await shell.send(ShellFixture.event("3"))
            #expect(try await shell.count("millwright.run") == 1)
        }
    }

    @Test("only events that satisfy the trigger's condition start a run")
    func filteredTrigger() async throws {
        try await ShellFixture.with { shell in
            let filter: JSONValue = [
                "attributes": ["type": .string(ShellFixture.alarm), "subject": "line-1"],
                "condition": ".data.value > $limit", "variables": ["limit": 90],
            ]
            try await shell.addWorkflow("hot", startedBy: ShellFixture.alarm, filter: filter)
            try await shell.send(
                ShellFixture.event("1", subject: "line-1", data: ["value": 91]),
                ShellFixture.event("2", subject: "line-1", data: ["value": 90]),
                ShellFixture.event("3", subject: "line-2", data: ["value": 99]),
                ShellFixture.event("4", subject: "line-1", data: "not an object"))
            let runs = try await shell.runs.list(in: shell.scope, page: .init())
            #expect(runs.items.map(\.businessKey) == ["line-1"])
        }
    }

    @Test("an event type that nobody waits for is stored and counted")
    func unknownType() async throws {
        try await ShellFixture.with { shell in
            try await shell.send(ShellFixture.event("1", type: "com.example.unheard"))
            #expect(try await shell.count("millwright.event") == 1)
            #expect(try await shell.metered(.events) == 1)
            #expect(try await shell.metered(.activePlants) == 1)
        }
    }

    @Test("an event of twenty years ago keeps its own date; one of the day after tomorrow is refused")
    func ownDates() async throws {
        try await ShellFixture.with { shell in
            var old = ShellFixture.event("1")
            old.time = Timestamp("2004-07-01T00:00:00Z")
            var future = ShellFixture.event("2")
            future.time = shell.clock.now().adding(seconds: 2 * 86_400)
            let outcomes = try await shell.send(old, future)
            guard case .accepted(let id) = outcomes[0], case .refused(let items) = outcomes[1] else {
                Issue.record("unexpected: \(outcomes)")
                return
            }
            #expect(items.map(\.path) == ["/time"])
            #expect(try await shell.events.event(id, in: shell.scope).occurredAt == old.time)
        }
    }

    @Test("a run sees the very event that was sent: order of keys and form of numbers")
    func exactData() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            let text = #"{"z":1.50,"a":{"y":1e3,"b":[]},"":"\u0000"}"#
            try await shell.send(ShellFixture.event("1", data: try JSONValue(parsing: text)))
            let read = try await shell.startRunner().begin()
            #expect(read[0].input[0]?["data"]?.serialized() == text)
        }
    }

    @Test("the events of another plant answer as events that do not exist")
    func otherPlant() async throws {
        try await ShellFixture.with { shell in
            let outcomes = try await shell.send(ShellFixture.event("1"))
            let sibling = try await shell.sibling()
            let id = try #require(outcomes[0].id)
            await #expect(throws: Problem.notFound("event")) {
                try await sibling.events.event(id, in: sibling.scope)
            }
            // The same source and id in another plant is another event.
            guard case .accepted = try await sibling.send(ShellFixture.event("1"))[0] else {
                Issue.record("the sibling's event was taken for a duplicate")
                return
            }
        }
    }
}

extension EventOutcome {
    var id: EventRecordID? {
        switch self {
        case .accepted(let id), .duplicate(let id): id
        case .refused: nil
        }
    }
}
