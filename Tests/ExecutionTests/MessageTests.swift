import Execution
import JSON
import NIOPosix
import Primitives
import RunnerCore
import RunnerProtocol
import Testing
import Workflow

@Suite("messages between runner and control plane")
struct MessageTests {
    private static let moment = Timestamp(unixMicroseconds: 1_700_000_000_123_456)
    private static let error = WorkflowError(
        type: "https://example.com/e", status: 500, title: "T", detail: "d\u{0}\"\\", instance: "/do/0")

    private static var request: SyncRequest {
        let kinds: [Wait.Kind] = [
            .call(CallRequest(function: "http", arguments: ["a": 1.5], timeoutSeconds: 2.5)),
            .timer(dueAt: moment),
            .event(EventFilter(attributes: ["type": "x"], condition: ".a", variables: ["v": .null], takesMany: true)),
            .humanTask(HumanTaskRequest(arguments: ["title": "ü"])),
            .childRun(ChildRunRequest(namespace: "n", name: "m", version: "1", input: .null, awaitsCompletion: false)),
        ]
        let waits = kinds.enumerated().map {
            Wait(id: "w\($0)#1", taskReference: "/do/\($0)", attempt: 1, openedAt: moment, kind: $1)
        }
        let entry = JournalEntry(
            ordinal: 1, kind: .taskFaulted, taskReference: "/do/0", taskType: "call", function: "http", attempt: 2,
            startedAt: moment, endedAt: moment.adding(seconds: 1), input: nil, output: .null, error: error,
            detail: ["by": "x"])
        let commit = RunCommit(
            runID: RunID(), expectedSequence: 3, status: .running, state: ["z": 1, "a": 2], output: .null,
            error: error.json, journal: [entry], opened: waits, closed: ["c#1"],
            timers: [OpenTimer(waitID: "t#1", dueAt: moment)], emitted: [["id": "1"]], consumedInputs: [1, .max])
        return SyncRequest(
            runnerID: RunnerID(), epoch: 7, publicKey: Array(0...31),
            commits: [commit, RunCommit(refusing: commit, because: "it is too large")], capacity: 5,
            waitMilliseconds: 100, knownDefinitions: ["d"], settingsRevision: 9, isDraining: true, isFirst: true)
    }

    @Test("a request is read as it was written, byte for byte")
    func request() throws {
        let bytes = Self.request.encoded()
        #expect(try SyncRequest(decoding: bytes).encoded() == bytes)
    }

    @Test("a request that is longer than it may be is not written to its end")
    func tooLong() {
        let bytes = Self.request.encoded()
        #expect(Self.request.encoded(upTo: 1 << 20)?.count == bytes.count)
        let value = JSONValue.string(String(repeating: "x", count: 1_000))
        let many = Self.request(with: [Self.commit((0..<1_000).map { (nil, ["n": JSONValue($0), "x": value]) })])
        #expect(many.encoded(upTo: 1 << 21) != nil && many.encoded(upTo: 1 << 19) == nil)
    }

    @Test("a request that is longer than a message may be is not sent")
    func tooLongToSend() async {
        var limits = RunnerLimits()
        limits.messageBytes = 100
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let transport = UnixSyncTransport(socketPath: "/nowhere", loop: loop, limits: limits)
        guard case .tooLarge = await transport.sync(Self.request) else {
            Issue.record("it was sent")
            return
        }
    }

    private static func commit(_ values: [(JSONValue?, JSONValue?)]) -> RunCommit {
        let entries = values.enumerated().map { index, pair in
            JournalEntry(
                ordinal: index + 1, kind: .taskCompleted, taskReference: "/do/0", taskType: "set", startedAt: moment,
                endedAt: moment, input: pair.0, output: pair.1)
        }
        return RunCommit(runID: RunID(), expectedSequence: 0, status: .running, state: [:], journal: entries)
    }

    private static func request(with commits: [RunCommit]) -> SyncRequest {
        SyncRequest(
            runnerID: RunnerID(), epoch: 1, publicKey: Array(0...31), commits: commits, capacity: 1,
            waitMilliseconds: 0, knownDefinitions: [], settingsRevision: 0, isDraining: false, isFirst: false)
    }

    @Test("a large value that comes again in a commit travels once, and only where its text is the same")
    func repeatedValues() throws {
        let large: JSONValue = ["a": 1, "text": .string(String(repeating: "x", count: 20_000))]
        // Equal to the other one for everybody who does not look at the text.
        let turned: JSONValue = ["text": .string(String(repeating: "x", count: 20_000)), "a": 1.0]
        let commit = Self.commit([(large, large), (nil, ["small": true]), (large, turned), (["small": true], turned)])
        let bytes = Self.request(with: [commit, commit]).encoded()
        #expect(bytes.count < 4 * 20_000 + 5000, "twice for each commit, not six times")
        let read = try SyncRequest(decoding: bytes)
        for decoded in read.commits {
            let values = decoded.journal.map { [$0.input, $0.output].map { $0?.serialized() } }
            #expect(values == commit.journal.map { [$0.input, $0.output].map { $0?.serialized() } })
            #expect(decoded.repeatedValues == [1: 0, 4: 0, 7: 5])
        }
        #expect(read.encoded() == bytes)
    }

    @Test(
        "a number that names no earlier value, or stands beside a value, is refused with its place",
        arguments: [("\"inputAs\":0", 1), ("\"inputAs\":2", 1), ("\"inputAs\":-1", 1), ("\"outputAs\":1", 1)])
    func forgedNumbers(member: String, at position: Int) throws {
        let text = String(decoding: Self.request(with: [Self.commit([(nil, 1), (nil, 2)])]).encoded(), as: UTF8.self)
        let forged = text.replacing("\"output\":2", with: member + ",\"output\":2")
        #expect(forged != text)
        let problem = #expect(throws: MessageProblem.self) { try SyncRequest(decoding: Array(forged.utf8)) }
        #expect(problem?.path.hasPrefix("commits/0/journal/\(position)/") == true, "\(String(describing: problem))")
    }

    @Test("an answer is read as it was written, byte for byte")
    func response() throws {
        let inputs: [EngineInput.Kind] = [
            .start(input: .null), .succeeded(waitID: "w", result: .null, by: ["name": "x"]),
            .failed(waitID: "w", error: Self.error), .cancel(reason: "r"),
        ]
        let item = WorkItem(
            runID: RunID(), workflowID: WorkflowID(), definitionDigest: "d", sequence: 4, state: ["s": 1],
            input: [["id": "1"]], acceptedAt: Self.moment,
            inputs: inputs.map { DeliveredInput(number: 1, input: EngineInput(at: Self.moment, kind: $0)) },
            isRecovered: true)
        let sealed = SealedCredential(
            credentialID: CredentialID(), version: 2, encapsulatedKey: [0, 255], ciphertext: [1, 2, 3])
        let connections = [sealed, nil].map {
            ConnectionEnvelope(id: ConnectionID(), name: "c", connector: [:], configuration: ["x": 1], credential: $0)
        }
        let response = SyncResponse(
            verdicts: CommitVerdict.allCases, work: [item],
            definitions: [
                DefinitionEnvelope(
                    digest: "d", document: ["do": []], parameters: [:], bindings: ["lots": ConnectionID()], facts: [:])
            ],
            settings: PlantSettings(revision: 3, connections: connections, maximumRunsInHand: 2, maximumEffects: 1),
            mustStop: true)
        let bytes = response.encoded()
        #expect(try SyncResponse(decoding: bytes).encoded() == bytes)
        #expect(try SyncResponse(decoding: SyncResponse().encoded()).work.isEmpty)
    }

    @Test(
        "a message with anything missing, unknown or of the wrong kind is refused with its place",
        arguments: [
            ("version", JSONValue(2), "version"), ("epoch", "7", "epoch"), ("runner", nil, "runner"),
            ("surprise", 1, ""), ("capacity", -1, ""), ("publicKey", "0", "publicKey"),
            ("commits", [["run": "x"]], "commits/0/run"),
        ] as [(String, JSONValue?, String)])
    func strictness(key: String, value: JSONValue?, path: String) throws {
        var json = try JSONValue(parsing: Self.request.encoded())
        json.set(key, value)
        let problem = #expect(throws: MessageProblem.self) { try SyncRequest(decoding: json.serializedBytes()) }
        #expect(problem?.path == path)
    }

    @Test("a message that is nested too deep or names a key twice is refused")
    func hostileJSON() {
        let deep = String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000)
        for text in [deep, #"{"version":1,"version":1}"#, "", "{", "\u{FEFF}{}"] {
            #expect(throws: MessageProblem.self) { try SyncRequest(decoding: Array(text.utf8)) }
        }
    }
}

@Suite("CloudEvents are read strictly")
struct IncomingEventTests {
    @Test("every mistake of an event is named with its place")
    func mistakes() throws {
        let problem = #expect(throws: Problem.self) {
            try IncomingEvent(json: [
                "specversion": "0.3", "id": "", "source": 1, "time": "yesterday", "data": 1, "data_base64": "AA==",
                "UPPER": "x", "nested": [:], "subject": "a\u{7}b",
            ])
        }
        #expect(
            Set(problem?.items.map(\.path) ?? []) == [
                "/specversion", "/id", "/source", "/type", "/time", "/data_base64", "/UPPER", "/nested", "/subject",
            ])
    }

    @Test("names that are too long for a key are refused, in bytes and not in characters")
    func longNames() throws {
        func event(_ id: String) throws -> IncomingEvent {
            try IncomingEvent(json: ["specversion": "1.0", "id": .string(id), "source": "s", "type": "t"])
        }
        #expect(try event(String(repeating: "x", count: 1024)).id.count == 1024)
        #expect(throws: Problem.self) { try event(String(repeating: "x", count: 1025)) }
        #expect(throws: Problem.self) { try event(String(repeating: "ü", count: 513)) }
    }

    @Test("of a batch the good events are read and the bad ones refused in their places, with paths from the event")
    func batch() throws {
        let good: JSONValue = ["specversion": "1.0", "id": "1", "source": "s", "type": "t", "ext": 7, "subject": .null]
        let read = try IncomingEvent.read([good, [:], good])
        #expect(read.count == 3)
        #expect(try read[0].get().attributes == ["ext": 7])
        guard case .failure(let problem) = read[1] else {
            Issue.record("the broken one was read")
            return
        }
        #expect(Set(problem.items.map(\.path)).isSuperset(of: ["/specversion", "/id", "/source", "/type"]))
        #expect(throws: Problem.self) { try IncomingEvent.read([]) }
    }

    @Test("a time with an offset is kept as it was written")
    func offset() throws {
        let event = try IncomingEvent(json: [
            "specversion": "1.0", "id": "1", "source": "s", "type": "t", "time": "2026-01-31T08:00:00+01:00",
        ])
        #expect(event.time == Timestamp("2026-01-31T07:00:00Z"))
        #expect(event.attributes["time"] == "2026-01-31T08:00:00+01:00")
    }
}
