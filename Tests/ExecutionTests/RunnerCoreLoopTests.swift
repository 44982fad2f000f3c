import JSON
import Logging
import Primitives
import RunnerCore
import RunnerProtocol
import Synchronization
import Testing
import Workflow

/// A control plane whose calls wait for work as the real one's do.
private final class WaitingControlPlane: SyncTransport {
    private struct State {
        var plane = MemoryControlPlane()
        var waiting: [AsyncStream<Void>.Continuation] = []
        var isAway = false
        var callsUnderWay = 0
        var mostCalls = 0
        var lostCalls = 0
    }

    private let state = Mutex(State())

    func sync(_ request: SyncRequest) async -> SyncOutcome {
        state.withLock { state in
            state.callsUnderWay += 1
            state.mostCalls = max(state.mostCalls, state.callsUnderWay)
        }
        defer { state.withLock { $0.callsUnderWay -= 1 } }
        var first = request
        while true {
            let outcome = state.withLock { state in
                guard state.isAway else { return state.plane.answer(first) }
                state.lostCalls += 1
                return .lost("away")
            }
            guard case .answered(let response) = outcome, response.work.isEmpty, request.waitMilliseconds > 0,
                response.verdicts.allSatisfy({ $0 == .committed })
            else { return outcome }
            let (bell, continuation) = AsyncStream<Void>.makeStream()
            state.withLock { $0.waiting.append(continuation) }
            for await _ in bell {}
            if Task.isCancelled { return .lost("cancelled") }
            // Recorded already; only the work is still to come. The verdicts are repeated.
            first.isFirst = false
        }
    }

    func change<Answer>(_ body: (inout MemoryControlPlane) -> Answer) -> Answer {
        let (answer, waiting) = state.withLock { state in
            defer { state.waiting = [] }
            return (body(&state.plane), state.waiting)
        }
        for continuation in waiting { continuation.finish() }
        return answer
    }

    func setAway(_ isAway: Bool) {
        state.withLock { $0.isAway = isAway }
        change { _ in }
    }

    var mostCalls: Int { state.withLock { $0.mostCalls } }

    func untilLost(_ calls: Int) async {
        while state.withLock({ $0.lostCalls }) < calls { try? await Task.sleep(for: .milliseconds(1)) }
    }

    func until(_ condition: @Sendable (MemoryControlPlane) -> Bool) async {
        while !state.withLock({ condition($0.plane) }) { try? await Task.sleep(for: .milliseconds(1)) }
    }
}

/// Effects that end when the test says so.
private final class HeldEffects: EffectPerformer, SettingsAdopter {
    private let state = Mutex((begun: [Effect](), release: [CheckedContinuation<Void, Never>](), isOpen: false))
    let cancelled = Mutex(0)

    func perform(_ effect: Effect) async -> EffectResult {
        state.withLock { $0.begun.append(effect) }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.release.append(continuation) }
                    return state.isOpen
                }
                if isOpen { continuation.resume() }
            }
        } onCancel: {
            cancelled.withLock { $0 += 1 }
            release()
        }
        return Task.isCancelled ? .givenUp : .succeeded(openedTicket)
    }

    func adopt(_ settings: PlantSettings) {}

    var begun: Int { state.withLock { $0.begun.count } }

    func release() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.release = [] }
            return state.release
        }
        for continuation in waiting { continuation.resume() }
    }
}

@Suite("the runner's loop", .timeLimit(.minutes(10)))
struct RunnerCoreLoopTests {
    private let plane = WaitingControlPlane()
    private let effects = HeldEffects()

    private func loop() -> RunnerLoop {
        RunnerLoop(
            transport: plane, performer: effects, settings: effects,
            pause: { _ in try? await Task.sleep(for: .milliseconds(1)) },
            logger: Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test("runs flow while the call for work is held open, and no more than two calls are under way")
    func flow() async throws {
        let loop = loop()
        let running = Task { await loop.run(testIdentity(), limits: RunnerLimits()) }
        let ids = plane.change { plane in
            (0..<50).map { plane.accept($0.isMultiple(of: 2) ? .calling : .computing, ["n": JSONValue($0)]) }
        }
        await plane.until { plane in plane.runs.values.count { $0.status == .completed } == 25 }
        while effects.begun < 25 { try? await Task.sleep(for: .milliseconds(1)) }
        effects.release()
        await plane.until { plane in ids.allSatisfy { plane.runs[$0]?.status == .completed } }
        #expect(plane.mostCalls <= 2)
        loop.stop()
        #expect(await running.value == .drained)
    }

    @Test("a control plane that goes away and comes back gets every result once")
    func away() async throws {
        let loop = loop()
        let running = Task { await loop.run(testIdentity(), limits: RunnerLimits()) }
        let id = plane.change { $0.accept(.calling) }
        await plane.until { $0.runs[id]?.sequence == 1 }
        while effects.begun == 0 { try? await Task.sleep(for: .milliseconds(1)) }
        plane.setAway(true)
        effects.release()
        await plane.untilLost(3)
        plane.setAway(false)
        await plane.until { $0.runs[id]?.status == .completed }
        plane.change { plane in
            #expect(plane.recorded.count == 2)
            // The next one takes over.
            plane.epoch = 2
        }
        #expect(await running.value == .superseded)
    }

    @Test("an effect that is no longer wanted is cancelled, the others go on")
    func givenUp() async throws {
        let loop = loop()
        let running = Task { await loop.run(testIdentity(), limits: RunnerLimits()) }
        let impatient = plane.change { $0.accept(.impatient) }
        await plane.until { $0.runs[impatient]?.sequence == 1 }
        while effects.begun == 0 { try? await Task.sleep(for: .milliseconds(1)) }
        plane.change { $0.now = $0.now.adding(seconds: 60) }
        await plane.until { $0.runs[impatient]?.status == .completed }
        while effects.cancelled.withLock({ $0 }) == 0 { try? await Task.sleep(for: .milliseconds(1)) }
        #expect(plane.change { $0.runs[impatient]?.output } == ["late": true])
        loop.stop()
        #expect(await running.value == .drained)
    }
}
