import JSON
import Primitives
import RunnerCore
import RunnerProtocol
import Testing
import Workflow

@Suite("the runner's machine")
struct RunnerCoreStateTests {
    @Test("an effect is performed only after its transition is known to be recorded")
    func commitBeforePerform() throws {
        var plane = MemoryControlPlane()
        var bench = MachineBench()
        plane.accept(.calling)
        bench.finish(by: &plane)
        #expect(bench.syncs.count == 1 && bench.syncs[0].request.commits.count == 1)
        // Somebody waits for this verdict, so it is not held open for work.
        #expect(bench.syncs[0].request.waitMilliseconds == 0)
        #expect(bench.effects.isEmpty)
        bench.finish(by: &plane)
        #expect(bench.effects.count == 1)
        #expect(plane.recorded.count == 1)
    }

    @Test(
        "a run that moved on without this runner is dropped, and nothing of it is performed",
        arguments: [CommitVerdict.conflict, .refused])
    func conflict(_ verdict: CommitVerdict) throws {
        var plane = MemoryControlPlane()
        var bench = MachineBench()
        plane.accept(.calling)
        bench.finish(by: &plane)
        bench.finish(.answered(SyncResponse(verdicts: [verdict])))
        #expect(bench.effects.isEmpty && bench.state.runsInHand == 0)
    }

    @Test("one call brings a run and the next commits it, and waits for more")
    func oneAdvance() throws {
        var plane = MemoryControlPlane()
        var bench = MachineBench()
        let id = plane.accept(.computing)
        #expect(bench.syncs[0].request.isFirst && bench.syncs[0].request.capacity == 1000)
        bench.finish(by: &plane)
        let commit = try #require(bench.syncs.first?.request)
        #expect(commit.commits.count == 1 && commit.waitMilliseconds == 60_000 && commit.capacity == 999)
        #expect(commit.knownDefinitions == ["computing"] && !commit.isFirst)
        bench.finish(by: &plane)
        #expect(plane.runs[id]?.status == .completed)
        #expect(plane.runs[id]?.output == ["y": 4])
        #expect(bench.state.runsInHand == 0)
        #expect(bench.syncs.count == 1 && bench.syncs[0].request.commits.isEmpty)
    }

    @Test("a commit does not wait for the call that waits for work")
    func commitBesidePoll() throws {
        var plane = MemoryControlPlane()
        var bench = MachineBench()
        plane.accept(.calling)
        for _ in 0..<2 { bench.finish(by: &plane) }
        let poll = try #require(bench.syncs.first?.request)
        #expect(poll.waitMilliseconds == 60_000 && poll.capacity == 999)
        bench.finishEffect(.succeeded(openedTicket))
        #expect(bench.syncs.count == 2)
        let commit = bench.syncs[1].request
        #expect(commit.commits.count == 1 && commit.capacity == 0 && commit.waitMilliseconds == 0)
        // The first call is still open; the other one is done meanwhile.
        bench.finish(1, by: &plane)
        #expect(plane.runs.values.first?.status == .completed)
        #expect(bench.syncs.count == 1)
    }

    @Test("many runs travel in batches, at most three at a time, and all arrive")
    func batches() throws {
        var limits = RunnerLimits()
        limits.commitsPerSync = 100
        limits.maximumRunsInHand = 450
        var plane = MemoryControlPlane()
        var bench = MachineBench(limits)
        for number in 0..<1000 { plane.accept(.computing, ["n": JSONValue(number)]) }
        var calls = 0
        while plane.runs.values.contains(where: { !$0.status.isFinal }) {
            #expect(bench.syncs.count <= 3 && bench.state.runsInHand <= 450)
            #expect(bench.syncs.allSatisfy { $0.request.commits.count <= 100 })
            bench.finish(by: &plane)
            calls += 1
            try #require(calls < 100)
        }
        #expect(plane.recorded.count == 1000)
    }

    @Test("an answer that was lost: the same commit is sent again, and everything asked for again")
    func lostAnswer() throws {
        var plane = MemoryControlPlane()
        var bench = MachineBench()
        let id = plane.accept(.calling)
        bench.finish(by: &plane)
        // The control plane records it, and the answer does not arrive.
        let request = bench.syncs[0].request
        _ = plane.answer(request)
        bench.finish(.lost("reset"))
        #expect(bench.syncs.isEmpty && bench.effects.isEmpty && bench.pauses.count == 1)
        bench.backoffElapsed()
        let again = try #require(bench.syncs.first?.request)
        #expect(again.commits.map(\.runID) == [id] && again.isFirst)
        #expect(again.commits.first?.expectedSequence == request.commits.first?.expectedSequence)
        bench.finish(by: &plane)
        #expect(plane.recorded.count == 1)
        #expect(bench.effects.count == 1)
    }

    @Test("results outlive a control plane that is away, and pauses grow up to their bound")
    func away() throws {
        var plane = MemoryControlPlane()
        var bench = MachineBench()
        let id = plane.accept(.calling)
        for _ in 0..<2 { bench.finish(by: &plane) }
        bench.finish(.lost("gone"))
        bench.finishEffect(.succeeded(openedTicket))
        for _ in 0..<10 {
            bench.backoffElapsed()
            while !bench.syncs.isEmpty { bench.finish(.lost("gone")) }
        }
        #expect(bench.pauses.first == 0.05 && bench.pauses.last == 2)
        #expect(zip(bench.pauses, bench.pauses.dropFirst()).allSatisfy { $0 <= $1 })
        bench.backoffElapsed()
        bench.finish(by: &plane)
        #expect(plane.runs[id]?.output == ["id": "7"])
    }

    @Test("the next runner performs an open call again, with the same key, and knows that it may have happened")
    func recovery() throws {
        var plane = MemoryControlPlane()
        var first = MachineBench()
        plane.accept(.calling)
        for _ in 0..<2 { first.finish(by: &plane) }
        let original = try #require(first.effects.first)
        #expect(!original.mayHaveHappened)
        plane.epoch = 2
        var second = MachineBench(epoch: 2)
        second.finish(by: &plane)
        let again = try #require(second.effects.first)
        #expect(again.idempotencyKey == original.idempotencyKey && again.mayHaveHappened)
        // The first one comes back to life and is told to go.
        first.finishEffect(.succeeded(openedTicket))
        first.finish(1, by: &plane)
        #expect(first.end == .superseded)
        second.finishEffect(.succeeded(openedTicket))
        second.finish(1, by: &plane)
        #expect(plane.runs.values.first?.status == .completed)
        #expect(plane.recorded.count == 2)
    }

    @Test("effects are bounded, run side by side, and are told apart by their keys")
    func boundedEffects() throws {
        var limits = RunnerLimits()
        limits.maximumEffects = 3
        var plane = MemoryControlPlane()
        var bench = MachineBench(limits)
        for _ in 0..<4 { plane.accept(.forked) }
        for _ in 0..<2 { bench.finish(by: &plane) }
        #expect(bench.effects.count == 3)
        var keys: Set<String> = []
        var steps = 0
        while let effect = bench.effects.first {
            #expect(bench.effects.count <= 3)
            keys.insert(effect.idempotencyKey)
            bench.finishEffect(.succeeded(openedTicket))
            while let index = bench.syncs.firstIndex(where: { !$0.request.commits.isEmpty }) {
                bench.finish(index, by: &plane)
            }
            steps += 1
            try #require(steps < 50)
        }
        #expect(keys.count == 8)
        #expect(plane.runs.values.allSatisfy { $0.status == .completed })
    }

    @Test("a runner that is full still gets answers for what it has in hand")
    func fullRunner() throws {
        var limits = RunnerLimits()
        limits.maximumRunsInHand = 1
        var plane = MemoryControlPlane()
        var bench = MachineBench(limits)
        plane.accept(.impatient)
        for _ in 0..<2 { bench.finish(by: &plane) }
        #expect(bench.effects.count == 1)
        let poll = try #require(bench.syncs.first?.request)
        #expect(poll.capacity == 0 && poll.waitMilliseconds == 60_000)
        plane.now = plane.now.adding(seconds: 60)
        bench.now = plane.now
        bench.finish(by: &plane)
        // The verdict lets go of a call: it is not held open for work.
        #expect(bench.syncs[0].request.commits.count == 1 && bench.syncs[0].request.waitMilliseconds == 0)
        bench.finish(by: &plane)
        // The call that is no longer wanted is given up, and its late answer changes nothing.
        #expect(bench.givenUp.count == 1)
        #expect(plane.runs.values.first?.output == ["late": true])
        bench.finishEffect(.succeeded(openedTicket))
        #expect(plane.recorded.count == 2)
    }

    @Test("what is said twice is taken once")
    func saidTwice() throws {
        var plane = MemoryControlPlane()
        var bench = MachineBench()
        let id = plane.accept(.calling)
        let first = plane.answer(bench.syncs[0].request)
        bench.finish(first)
        bench.finish(by: &plane)
        #expect(bench.effects.count == 1)
        // The control plane offers it again, as it was at the start and as it is now.
        bench.finish(first)
        let state = plane.runs[id]?.state
        let item = WorkItem(
            runID: id, workflowID: WorkflowID(), definitionDigest: "calling", sequence: 1, state: state, input: [:],
            acceptedAt: plane.acceptedAt, isRecovered: true)
        bench.finish(.answered(SyncResponse(work: [item])))
        #expect(bench.effects.count == 1 && bench.state.runsInHand == 1)
        bench.finishEffect(.succeeded(openedTicket))
        bench.finish(1, by: &plane)
        #expect(plane.runs[id]?.status == .completed && bench.state.runsInHand == 0)
        // And after it has been given back.
        bench.finish(.answered(SyncResponse(work: [item])))
        #expect(bench.effects.isEmpty && bench.state.runsInHand == 0)
    }

    @Test("a call's error reaches the definition, which may catch it")
    func caughtError() throws {
        var plane = MemoryControlPlane()
        var bench = MachineBench()
        let id = plane.accept(.catching)
        for _ in 0..<2 { bench.finish(by: &plane) }
        bench.finishEffect(.failed(WorkflowError(.communication, detail: "outcome unknown: gone")))
        bench.finish(1, by: &plane)
        #expect(plane.runs[id]?.output?["detail"] == "outcome unknown: gone")
        #expect(plane.runs[id]?.output?["type"]?.stringValue == StandardErrorType.communication.uri)
    }

    @Test("a definition or a state that cannot be read ends its own run with the reason")
    func unusable() throws {
        var bench = MachineBench()
        var broken = TestWorkflow.computing.envelope
        broken.digest = "broken"
        broken.document = ["document": ["dsl": "1.0.3"], "do": "nothing"]
        let items = [
            ("broken", JSONValue?.none), ("computing", .some(["version": 99, "counters": ["journal": 4]])),
        ].map { digest, state in
            WorkItem(
                runID: RunID(), workflowID: WorkflowID(), definitionDigest: digest, sequence: 3, state: state,
                input: [:],
                acceptedAt: Timestamp("2026-01-01T00:00:00Z")!)
        }
        let response = SyncResponse(work: items, definitions: [broken, TestWorkflow.computing.envelope])
        bench.finish(.answered(response))
        let commits = try #require(bench.syncs.first?.request.commits)
        #expect(commits.map(\.status) == [.faulted, .faulted])
        #expect(commits.map { $0.journal.map(\.ordinal) } == [[1], [5]])
        #expect(commits.allSatisfy { $0.expectedSequence == 3 && $0.state == nil && $0.error != nil })
    }

    @Test(
        "a request that is refused is sent in smaller ones until the commit at fault is alone, and that one is dropped")
    func rejected() throws {
        var plane = MemoryControlPlane()
        var bench = MachineBench()
        let bad = plane.accept(.computing)
        for _ in 0..<7 { plane.accept(.computing) }
        bench.finish(by: &plane)
        var tries = 0
        while plane.recorded.count < 7 {
            try #require(!bench.syncs.isEmpty && tries < 30)
            tries += 1
            let request = bench.syncs[0].request
            if request.commits.contains(where: { $0.runID == bad }) {
                bench.finish(.rejected(status: 400, reason: "no"))
                bench.backoffElapsed()
            } else {
                bench.finish(by: &plane)
            }
        }
        while bench.state.runsInHand > 0 {
            bench.finish(.rejected(status: 400, reason: "no"))
            bench.backoffElapsed()
        }
        #expect(plane.runs[bad]?.status == .pending)
        #expect(plane.recorded.count == 7)
    }

    @Test(
        "what no message can hold is sent in smaller ones at once; a commit that is too large alone ends its run, and no other"
    )
    func tooLarge() throws {
        var plane = MemoryControlPlane()
        var bench = MachineBench()
        let bad = plane.accept(.computing)
        for _ in 0..<7 { plane.accept(.computing) }
        bench.finish(by: &plane)
        var tries = 0
        while plane.recorded.count < 8 {
            try #require(!bench.syncs.isEmpty && tries < 30)
            tries += 1
            let isTooLarge = bench.syncs[0].request.commits.contains { $0.runID == bad && $0.refusal == nil }
            if isTooLarge { bench.finish(.tooLarge) } else { bench.finish(by: &plane) }
        }
        #expect(plane.runs[bad]?.status == .faulted && plane.runs.values.count { $0.status == .completed } == 7)
        let refusal = plane.recorded.first { $0.runID == bad }?.refusal
        #expect(refusal?.contains("\(MessageLimits.maximumBytes)") == true, "\(refusal ?? "none")")
        #expect(bench.state.runsInHand == 0 && bench.pauses.isEmpty)
    }

    @Test("a commit that the control plane cannot read ends its run, which would be handed out again for ever")
    func unreadable() throws {
        var plane = MemoryControlPlane()
        var bench = MachineBench()
        let bad = plane.accept(.computing)
        bench.finish(by: &plane)
        let index = try #require(bench.syncs.firstIndex { !$0.request.commits.isEmpty })
        bench.finish(.rejected(status: 400, reason: "commits/0 is nested too deep"), at: index)
        bench.backoffElapsed()
        while plane.recorded.isEmpty { bench.finish(by: &plane) }
        #expect(plane.recorded.first?.refusal?.contains("nested too deep") == true)
        #expect(plane.runs[bad]?.status == .faulted && bench.state.runsInHand == 0)
    }

    @Test("a runner that is asked to leave finishes what it has, takes nothing new, says so, and leaves")
    func drain() throws {
        var plane = MemoryControlPlane()
        var bench = MachineBench()
        plane.accept(.calling)
        for _ in 0..<2 { bench.finish(by: &plane) }
        bench.state.drain()
        bench.run()
        #expect(bench.drainSeconds == 8 && bench.end == nil)
        // Work that was on its way is left to the next runner.
        plane.accept(.computing)
        bench.finish(by: &plane)
        #expect(bench.state.runsInHand == 1)
        bench.finishEffect(.succeeded(openedTicket))
        #expect(bench.syncs.allSatisfy { $0.request.isDraining && $0.request.capacity == 0 })
        bench.finish(by: &plane)
        #expect(plane.recorded.count == 2)
        let farewell = try #require(bench.syncs.first?.request)
        #expect(farewell.isDraining && farewell.commits.isEmpty)
        bench.finish(by: &plane)
        #expect(bench.end == .drained)
    }

    @Test("what is not finished in time is left to the next runner")
    func drainDeadline() throws {
        var plane = MemoryControlPlane()
        var bench = MachineBench()
        plane.accept(.calling)
        for _ in 0..<2 { bench.finish(by: &plane) }
        bench.state.drain()
        bench.state.drainDeadlinePassed()
        bench.run()
        #expect(bench.end == .drainedIncompletely && bench.givenUp.count == 1)
    }

    @Test("a newer epoch ends the runner at once")
    func superseded() throws {
        var bench = MachineBench()
        bench.finish(.staleEpoch)
        #expect(bench.end == .superseded && bench.syncs.isEmpty)
    }

    @Test("the control plane can ask the runner to leave")
    func mustStop() throws {
        var bench = MachineBench()
        bench.finish(.answered(SyncResponse(mustStop: true)))
        #expect(bench.syncs.first?.request.isDraining == true)
        bench.finish(.answered(SyncResponse()))
        #expect(bench.end == .drained)
    }

    @Test("definitions that were not used for long are dropped, and asked for again when they are needed")
    func definitionCache() throws {
        var limits = RunnerLimits()
        limits.definitions = 2
        var plane = MemoryControlPlane()
        var bench = MachineBench(limits)
        for workflow in [TestWorkflow.computing, .calling, .catching, .forked] {
            plane.accept(workflow)
            bench.finish(by: &plane)
            #expect((bench.syncs.last?.request.knownDefinitions ?? []).count <= 2)
            while let index = bench.syncs.firstIndex(where: { !$0.request.commits.isEmpty }) {
                bench.finish(index, by: &plane)
            }
        }
        plane.accept(.computing)
        bench.finish(bench.syncs.count - 1, by: &plane)
        while let index = bench.syncs.firstIndex(where: { !$0.request.commits.isEmpty }) {
            bench.finish(index, by: &plane)
        }
        #expect(plane.runs.values.filter { $0.workflow == .computing }.allSatisfy { $0.status == .completed })
    }
}
