import JSON
import Primitives

/// The clocks of a run in a simulation.
struct SimulatedClocks: Sendable {
    private struct Kept {
        var clock: ServiceLevelClock
        var request: ServiceLevelRequest
    }

    let time: ServiceLevelClock.Time
    private var kept: [String: Kept] = [:]

    init(time: ServiceLevelClock.Time) { self.time = time }

    /// Follows a request. What a clock has to say before `now` has been said: the simulation lets it happen first.
    mutating func answer(_ arguments: JSONValue, at now: Timestamp) -> Result<JSONValue, WorkflowError> {
        do throws(WorkflowError) {
            let request = try ServiceLevelRequest(arguments: arguments)
            var clock = kept[request.name]?.clock
            try ServiceLevelClock.follow(request, &clock, at: now, time)
            guard let clock else { return .success(.null) }
            kept[request.name] = Kept(
                clock: clock, request: request.action == .start ? request : kept[request.name]?.request ?? request)
            return .success(clock.json(name: request.name, at: now, time))
        } catch {
            return .failure(error)
        }
    }

    /// The earliest thing that a clock has to say.
    var next: (name: String, at: Timestamp)? {
        kept.compactMap { name, kept in kept.clock.next(time).map { (name, $0.at) } }
            .min { ($0.1, $0.0) < ($1.1, $1.0) }
    }

    /// Says it; answers the event that tells of it, if the workflow wants one.
    mutating func sayNext(run: String, workflow: String) -> JSONValue? {
        guard let name = next?.name, var entry = kept[name], let next = entry.clock.next(time) else { return nil }
        let response = next.occasion == .breach ? entry.request.onBreach : entry.request.onWarning
        let event = next.occasion.event(
            of: entry.clock, name: name, run: run, workflow: workflow, at: next.at, dueAt: entry.clock.dueAt(time))
        entry.clock.say(next.occasion, at: next.at)
        kept[name] = entry
        return response.emits ? event : nil
    }
}
