import Database
import Execution
import JSON
import Primitives

/// What can happen next, and doing it.
extension SimulationWorld {
    enum Choice {
        case step(Int)
        case message(Int)
        case effect(Int)
        case event(Int)
        case person
        case start
        case fault
        case time
    }

    /// `nil` when nothing but time is left.
    func choose() -> Choice? {
        let sendable = events.indices.filter { isSendable(events[$0]) }
        var weighted: [(weight: Int, choice: () -> Choice)] = []
        func add(_ count: Int, _ weight: Int, _ choice: @escaping (Int) -> Choice) {
            guard count > 0 else { return }
            weighted.append((count * weight, { choice(self.random.below(count)) }))
        }
        add(gate.blocked.count, 12) { .step($0) }
        add(messages.count, 8) { .message($0) }
        add(effects.count, 6) { .effect($0) }
        add(sendable.count, 2) { .event(sendable[$0]) }
        guard isStorm || !weighted.isEmpty else { return nil }
        if isStorm, plan.faultRate > 0, !plan.faults.isEmpty, random.chance(plan.faultRate) { return .fault }
        if isStorm, plan.workflows.contains(where: \.asksPeople), random.chance(plan.peopleRate) { return .person }
        if isStorm, plan.workflows.contains(where: { $0.keyedType != nil }), random.chance(40) { return .start }
        if time.nextDue != nil { weighted.append((isStorm ? 3 : 1, { .time })) }
        var place = random.below(weighted.reduce(0) { $0 + $1.weight })
        for (weight, choice) in weighted {
            if place < weight { return choice() }
            place -= weight
        }
        return nil
    }

    func perform(_ choice: Choice) throws {
        switch choice {
        case .step(let index): release(gate.blocked[index])
        case .message(let index): deliver(index)
        case .effect(let index): act(index)
        case .event(let index): try send(index)
        case .person: _ = try personActs()
        case .start: startByHand()
        case .fault: try breakSomething()
        case .time:
            note("time goes on")
            time.advance()
        }
    }

    // MARK: Steps of the database

    private func release(_ step: SimulationGate.Step) {
        let name = "plane \(step.process.plane): \(step.trip)"
        guard isStorm, random.chance(plan.databaseRate) else {
            note(step.isDone ? "\(name) is answered" : "\(name) is sent")
            return gate.release(step)
        }
        if step.isDone {
            note("\(name): the answer is lost")
            gate.release(step, SimulationGate.lost(step.trip))
        } else if step.trip != .reading, random.chance(200) {
            note("\(name): the disk is full")
            gate.release(step, SimulationGate.diskFull)
        } else {
            note("\(name): the connection breaks before it")
            gate.release(step, SimulationGate.notSent)
        }
    }

    // MARK: Events

    private func isSendable(_ event: SimulatedEvent) -> Bool {
        guard time.seconds >= event.nextSendAt else { return false }
        return event.id == nil || (event.repeatsLeft > 0 && isStorm)
    }

    private func send(_ index: Int) throws {
        let event = events[index]
        if !event.wasSent { try noteListeners(of: event) }
        events[index].wasSent = true
        if event.id != nil { events[index].repeatsLeft -= 1 }
        // In a while it counts as not answered. A storm's sender is hasty.
        let pause = isStorm && random.chance(300) ? 0.0 : 30
        events[index].nextSendAt = time.seconds + Int64(pause)
        if pause > 0 { time.at(pause) {} }
        let plane = planes[random.below(planes.count)]
        note("event \(index) (\(event.type) \(event.subject)) is sent to plane \(plane.number)")
        guard plane.isAlive else { return }
        plane.start {
            try await plane.intake.accept(SimulationPlant.scope, [event.incoming], by: .system)
        } then: { [self] outcome in
            guard case .success(let outcomes) = outcome, let first = outcomes.first else {
                return note("event \(index) is not accepted")
            }
            switch first {
            case .accepted(let id), .duplicate(of: let id):
                note("event \(index) is accepted")
                if let known = events[index].id, known != id {
                    failure = failure ?? "event \(index) was accepted as \(known) and as \(id)"
                }
                events[index].id = id
            case .refused(let items): failure = failure ?? "event \(index) was refused: \(items)"
            }
        }
    }
}
