import Execution
import Primitives
import RunnerCore
import RunnerProtocol

/// Between the runners and the control planes: messages are delayed, lost, said twice, and overtake one another.
extension SimulationWorld {
    /// After so long a runner takes a call for lost, beyond the wait that it asked for.
    private static let answerSeconds = 30.0

    func take(_ wishes: [SimulatedRunner.Wish], of runner: SimulatedRunner) {
        for wish in wishes {
            switch wish {
            case .call(let ticket, let request): call(ticket, request, of: runner)
            case .perform(let effect): effects.append(SimulatedEffect(runner: runner, effect: effect))
            case .giveUp(let id): giveUp(id, of: runner)
            case .wake(let seconds, let isDrainDeadline):
                time.at(seconds) { runner.wake(isDrainDeadline: isDrainDeadline) }
            case .leave(let end):
                note("the runner of epoch \(runner.epoch) leaves: \(end)")
                forgetEffects(of: runner)
            }
        }
    }

    private func call(_ ticket: SyncTicket, _ request: SyncRequest, of runner: SimulatedRunner) {
        for commit in request.commits { ledger.add(commit, runner.computed[commit.runID]) }
        callsMade += 1
        let number = callsMade
        // Mostly to the one that it called before; a load balancer may know better.
        let usual = Int(runner.epoch) % planes.count
        let place = random.chance(850) && planes[usual].isAlive ? usual : random.below(planes.count)
        openCalls[number] = SimulationCall(runner: runner, ticket: ticket, place: place)
        let commits = request.commits.map { "\($0.runID.short):\($0.expectedSequence + 1)" }
        note(
            "call \(number) of epoch \(runner.epoch) to place \(place), commits \(commits.joined(separator: " "))"
                + (request.isFirst ? ", first" : ""))
        let body = request.encoded()
        messages.append(.request(call: number, place: place, body: body, epoch: runner.epoch, isEcho: false))
        if isStorm, random.chance(plan.messageRate / 2) {
            messages.append(.request(call: number, place: place, body: body, epoch: runner.epoch, isEcho: true))
        }
        time.at(Double(request.waitMilliseconds) / 1000 + Self.answerSeconds) { [self] in
            answer(number, .lost("no answer in time"))
        }
    }

    func deliver(_ index: Int) {
        let message = messages.remove(at: index)
        let isLost = isStorm && random.chance(plan.messageRate)
        switch message {
        case .request(let call, let place, let body, let epoch, let isEcho):
            guard !isLost else { return note("call \(call) is lost") }
            note("call \(call) arrives\(isEcho ? " once more" : "")")
            serve(call, at: planes[place], body, epoch, isEcho: isEcho)
        case .answer(let call, let outcome):
            guard !isLost else { return note("the answer to call \(call) is lost") }
            note("the answer to call \(call) arrives: \(outcome.words)")
            answer(call, outcome)
        case .notification(let place, let payload):
            note("plane \(planes[place].number) is notified")
            if planes[place].isAlive, let plant = PlantID(payload) { planes[place].board.wake(.all, plant) }
        }
    }

    private func serve(_ call: Int, at plane: SimulatedPlane, _ body: [UInt8], _ epoch: Int64, isEcho: Bool) {
        guard plane.isAlive else { return answer(call, .lost("the connection is refused")) }
        let arrived = time.seconds
        plane.start(SimulatedProcess(plane: plane.number, callOfEpoch: epoch)) {
            try await plane.sync.sync(SimulationPlant.scope, try SyncRequest(decoding: body)).encoded()
        } then: { [self] outcome in
            checkTimers(in: outcome, plane.clock.latest(since: arrived))
            guard !isEcho else { return }
            messages.append(.answer(call: call, Self.outcome(outcome)))
        }
    }

    /// As the runner's transport reads statuses.
    private static func outcome(_ result: Result<[UInt8], any Error>) -> SyncOutcome {
        switch result {
        case .success(let bytes):
            do { return .answered(try SyncResponse(decoding: bytes)) } catch { return .lost("\(error)") }
        case .failure(let problem as Problem) where problem.code == .staleEpoch: return .staleEpoch
        case .failure(let problem as Problem) where problem.code == .invalidRequest:
            return .rejected(status: 400, reason: problem.detail)
        case .failure(let error): return .lost("\(error)")
        }
    }

    func answer(_ number: Int, _ outcome: SyncOutcome) {
        guard let call = openCalls.removeValue(forKey: number), !call.runner.isGone else { return }
        call.runner.synced(call.ticket, outcome)
    }
}

extension SyncOutcome {
    fileprivate var words: String {
        switch self {
        case .answered(let response):
            let verdicts = response.verdicts.map(\.rawValue).joined(separator: " ")
            return "[\(verdicts)] and runs [\(response.work.map(\.runID.short).joined(separator: " "))]"
        case .staleEpoch: return "stale epoch"
        case .rejected(let status, _): return "\(status)"
        case .tooLarge: return "too large"
        case .lost: return "failed"
        }
    }
}

extension RunID {
    /// Its last digits: in one seed they tell runs apart.
    fileprivate var short: String { String(description.suffix(6)) }
}
