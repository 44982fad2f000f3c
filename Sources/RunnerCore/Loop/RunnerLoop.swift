package import Logging
package import Primitives
import RunnerProtocol

/// Drives the machine: performs its actions side by side and tells it what came of them, until it ends.
///
/// All of it, engine and I/O, runs on one event loop when `run` is called with that loop as the task executor: then a
/// runner is one thread.
package final class RunnerLoop: Sendable {
    /// Waits for so many seconds, or until it is cancelled.
    package typealias Pause = @Sendable (_ seconds: Double) async throws -> Void

    enum Event: Sendable {
        case synced(SyncTicket, SyncOutcome)
        case effectFinished(Effect.ID, EffectResult)
        case backoffElapsed
        case drainDeadline
        case stopWanted
    }

    private let transport: any SyncTransport
    private let performer: any EffectPerformer
    private let settings: any SettingsAdopter
    private let clock: any WallClock
    private let pause: Pause
    private let logger: Logger
    private let mailbox = Mailbox<Event>()
    private let underWay = EffectTasks()

    package init(
        transport: any SyncTransport, performer: any EffectPerformer, settings: any SettingsAdopter,
        clock: any WallClock = SystemWallClock(), pause: @escaping Pause, logger: Logger
    ) {
        self.transport = transport
        self.performer = performer
        self.settings = settings
        self.clock = clock
        self.pause = pause
        self.logger = logger
    }

    /// Asks the runner to finish what it has and to leave. May be called from any thread, more than once.
    package func stop() { mailbox.put(.stopWanted) }

    package func run(_ identity: RunnerIdentity, limits: RunnerLimits) async -> RunnerEnd {
        await withDiscardingTaskGroup(returning: RunnerEnd.self) { children in
            defer { children.cancelAll() }
            var state = RunnerState(identity: identity, limits: limits)
            while true {
                while let action = state.nextAction() {
                    if case .stop(let end) = action { return end }
                    await perform(action, &state, &children)
                    tell(&state)
                }
                await mailbox.wait()
                tell(&state)
            }
        }
    }

    private func tell(_ state: inout RunnerState) {
        for event in mailbox.takeAll() {
            switch event {
            case .synced(let ticket, let outcome): state.synced(ticket, outcome, at: clock.now())
            case .effectFinished(let id, let result):
                underWay.remove(id)
                state.effectFinished(id, result, at: clock.now())
            case .backoffElapsed: state.backoffElapsed()
            case .drainDeadline: state.drainDeadlinePassed()
            case .stopWanted: state.drain()
            }
        }
    }

    private func perform(
        _ action: RunnerAction, _ state: inout RunnerState, _ children: inout DiscardingTaskGroup
    ) async {
        switch action {
        case .sync(let ticket, let request):
            children.addTask { [transport, mailbox] in
                mailbox.put(.synced(ticket, await transport.sync(request)))
            }
        case .perform(let effect): start(effect, &children)
        case .giveUp(let id): underWay.giveUp(id)
        case .advance(let runID):
            if let job = state.advanceJob(runID) { state.advanced(runID, job.run()) }
        case .yield: await Task.yield()
        case .adopt(let settings): self.settings.adopt(settings)
        case .pause(let seconds): wake(with: .backoffElapsed, after: seconds, &children)
        case .armDrainDeadline(let seconds): wake(with: .drainDeadline, after: seconds, &children)
        case .log(let notice): logger.log(notice)
        case .stop: break
        }
    }

    private func start(_ effect: Effect, _ children: inout DiscardingTaskGroup) {
        let givenUp = underWay.add(effect.id)
        children.addTask { [performer, mailbox] in
            let result = await EffectTasks.perform(until: givenUp) { await performer.perform(effect) }
            mailbox.put(.effectFinished(effect.id, result))
        }
    }

    private func wake(with event: Event, after seconds: Double, _ children: inout DiscardingTaskGroup) {
        children.addTask { [pause, mailbox] in
            // Cancelled only when the runner leaves; then nobody listens any more.
            try? await pause(seconds)
            mailbox.put(event)
        }
    }
}
