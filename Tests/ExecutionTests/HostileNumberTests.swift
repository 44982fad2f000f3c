import Execution
import JSON
import Primitives
import RunnerProtocol
import TestSupport
import Testing
import Workflow

@Suite("no number that a runner sends ends the control plane", .timeLimit(.minutes(10)))
struct HostileNumberTests {
    static let numbers = ["9223372036854775807", "9223372036854775806", "-9223372036854775808", "-1", "1e400", "0.5"]

    @Test("whatever stands in the place of a number, the call is refused or answered", arguments: numbers)
    func everyPlace(number: String) async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            let first = try await shell.startRunner()
            let places = try Self.places(in: Self.request(of: Self.item, first))
            #expect(places.count > 40)
            for place in places {
                // A control plane that has heard of nothing yet: a call may have made up an epoch.
                let fresh = shell.restarted()
                let runner = TestRunner(shell: fresh, runnerID: first.runnerID, epoch: first.epoch)
                try await fresh.send(ShellFixture.event("\(number) \(place)"))
                let item = try #require(try await runner.begin().last)
                let forged = try Self.forged(Self.request(of: item, runner), place, number)
                guard let request = try? SyncRequest(decoding: forged) else { continue }
                _ = try? await fresh.sync.sync(fresh.scope, request)
                _ = try await fresh.runs.timeline(of: item.runID, in: fresh.scope).entries.map(\.duration)
                _ = try await fresh.runs.run(item.runID, in: fresh.scope)
            }
        }
    }

    @Test(
        "what would be reckoned with is refused with its place",
        arguments: [
            ("commits/0/sequence", "9223372036854775807"), ("commits/0/sequence", "-1"),
            ("commits/0/journal/0/ordinal", "2147483648"), ("commits/0/journal/0/attempt", "-1"),
            ("commits/0/journal/0/startedAt", "-200000000000000000"),
            ("commits/0/journal/0/endedAt", "9223372036854775807"),
            ("commits/0/timers/0/dueAt", "253402300800000000"), ("commits/0/opened/0/openedAt", "-1"),
            ("commits/0/opened/0/attempt", "9223372036854775807"),
        ])
    func refused(place: String, number: String) throws {
        let runner = (runnerID: RunnerID(), epoch: Int64(1))
        let request = Self.request(of: Self.item, runner.runnerID, runner.epoch)
        let forged = try Self.forged(request, place.split(separator: "/").map(String.init), number)
        let problem = #expect(throws: MessageProblem.self) { try SyncRequest(decoding: forged) }
        #expect(problem.map { place.hasPrefix($0.path) } == true, "\(String(describing: problem))")
    }

    @Test("sums of moments stop at the first and the last one")
    func moments() {
        let first = Timestamp(unixMicroseconds: .min)
        let last = Timestamp(unixMicroseconds: .max)
        #expect(last.duration(since: first) > .zero && first.duration(since: last) < .zero)
        #expect(last.adding(seconds: 1) == last && first.adding(seconds: -1) == first)
        #expect(last.adding(.seconds(Int64.max)) == last && first.adding(.seconds(Int64.min)) == first)
        #expect(Timestamp(unixSeconds: 0).adding(seconds: .infinity) == last)
        #expect(Timestamp(unixSeconds: 0).adding(seconds: .nan) == Timestamp(unixSeconds: 0))
        #expect(Timestamp(unixSeconds: -1e300) == first && Timestamp(unixMilliseconds: .max) == last)
        #expect(!first.description.isEmpty && !last.description.isEmpty)
        #expect(Timestamp(unixMicroseconds: -1).description == "1969-12-31T23:59:59.999999Z")
    }

    // MARK: A call with every kind of number

    private static let item = WorkItem(
        runID: RunID(), workflowID: WorkflowID(), definitionDigest: "d", sequence: 0, state: nil, input: .null,
        acceptedAt: WorkItem.moment, inputs: [], isRecovered: false)

    private static func request(of item: WorkItem, _ runner: TestRunner) -> SyncRequest {
        request(of: item, runner.runnerID, runner.epoch)
    }

    private static func request(of item: WorkItem, _ runner: RunnerID, _ epoch: Int64) -> SyncRequest {
        let task: JSONValue = [
            "title": "t", "role": "operator", "priority": 7, "dueInSeconds": 60,
            "escalation": [["after": "PT1M", "afterSeconds": 5, "role": "supervisor"]],
            "reminders": ["PT5M"], "quorum": ["of": 2, "count": 2],
        ]
        let clock: JSONValue = [
            "name": "answer", "target": 3600, "warnings": [600], "calendar": "elapsed",
            "onWarning": ["priority": 80], "onBreach": ["priority": 90],
        ]
        let kinds: [Wait.Kind] = [
            .timer(dueAt: WorkItem.moment), .humanTask(HumanTaskRequest(arguments: task)),
            .humanTask(HumanTaskRequest(arguments: ["title": "u", "role": "operator", "dueInSeconds": 60])),
            .serviceLevel(arguments: clock), .call(CallRequest(function: "http", arguments: [:], timeoutSeconds: 2)),
            .event(EventFilter(attributes: ["type": "x"], condition: "$v > 1", variables: ["v": 2])),
            .childRun(
                ChildRunRequest(namespace: "n", name: "m", version: "1", input: 5, awaitsCompletion: true)),
        ]
        let waits = kinds.enumerated().map {
            Wait(id: "w\($0)#1", taskReference: "/do/\($0)", attempt: 1, openedAt: WorkItem.moment, kind: $1)
        }
        var commit = item.waiting(for: waits)
        commit.emitted = [
            ["specversion": "1.0", "id": "1", "type": "com.example.made", "source": "made", "data": ["number": 3]]
        ]
        commit.checkpoint = ["version": 1, "journal": 2]
        commit.consumedInputs = [1]
        commit.journal[0].error = WorkflowError(type: "https://example.com/e", status: 500)
        return SyncRequest(
            runnerID: runner, epoch: epoch, publicKey: Array(repeating: 1, count: 32), commits: [commit], capacity: 5,
            waitMilliseconds: 10, settingsRevision: 1, isDraining: true)
    }

    /// The way to each number of the message.
    private static func places(in request: SyncRequest) throws -> [[String]] {
        func places(in value: JSONValue) -> [[String]] {
            switch value {
            case .number: [[]]
            case .array(let items):
                items.enumerated().flatMap { index, item in places(in: item).map { ["\(index)"] + $0 } }
            case .object(let object): object.flatMap { key, item in places(in: item).map { [key] + $0 } }
            default: []
            }
        }
        return places(in: try JSONValue(parsing: request.encoded()))
    }

    private static func forged(_ request: SyncRequest, _ place: [String], _ number: String) throws -> [UInt8] {
        let forgery = "the forged number"
        func replaced(_ value: JSONValue, _ way: ArraySlice<String>) -> JSONValue {
            guard let step = way.first else { return .string(forgery) }
            switch value {
            case .array(var items):
                let index = Int(step) ?? 0
                items[index] = replaced(items[index], way.dropFirst())
                return .array(items)
            case .object(var object):
                object[step] = replaced(object[step] ?? .null, way.dropFirst())
                return .object(object)
            default: return value
            }
        }
        let text = replaced(try JSONValue(parsing: request.encoded()), place[...]).serialized()
        return Array(text.replacing("\"\(forgery)\"", with: number).utf8)
    }
}
